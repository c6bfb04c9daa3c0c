#include "core/text/text_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/field_error.h"
#include "core/base/file.h"
#include "core/text/builtin_corpus.h"
#include "core/text/ids_cache.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;

// With the line ends that the corpus asks for.
std::string WithLineEnds(std::string text, const pb::Corpus& corpus) {
  switch (corpus.newline()) {
    case pb::Corpus::AS_IS:
      return text;
    case pb::Corpus::LF:
    case pb::Corpus::CRLF:
      break;
    default:
      ThrowInvalid("the run plan's corpus has line ends that this version does not know");
  }
  const std::string_view line_end = corpus.newline() == pb::Corpus::LF ? "\n" : "\r\n";
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    if (text[i] == '\n') {
      out += line_end;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Reads the text of a split from a file.
void ReadText(const fs::path& path, const pb::Corpus& corpus, pb::Split split, TextSource* out) {
  std::string text = ReadFile(path.string());
  if (text.empty()) ThrowInvalid(fmt::format("the text '{}' is empty", path.string()));
  out->texts[split] = WithLineEnds(std::move(text), corpus);
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) out->files[split] = path.string();
}

// The place after the line or character, whichever the corpus deals, that begins at `at`.
size_t UnitEnd(std::string_view text, size_t at, const pb::Corpus& corpus) {
  if (corpus.tokenizer() != pb::WORDS) return at + CharacterLength(text, at);
  const size_t end = text.find('\n', at);
  return end == text.npos ? text.size() : end + 1;
}

void CheckPart(const pb::Corpus::Part& part) {
  const std::string split = SplitName(part.split());
  switch (part.amount_case()) {
    case pb::Corpus::Part::kFraction:
      if (part.fraction() >= 0 && std::isfinite(part.fraction())) return;
      ThrowInvalid(fmt::format("the run plan gives the {} split a fraction of {} of a text", split,
                               part.fraction()));
    case pb::Corpus::Part::kCount:
      if (part.count() >= 0) return;
      ThrowInvalid(fmt::format("the run plan gives the {} split {} lines or characters of a text",
                               split, part.count()));
    default:
      ThrowInvalid(
          fmt::format("the run plan gives the {} split a part of a text in a way that this version "
                      "does not know",
                      split));
  }
}

// Replaces the training text by the parts that it and the splits without a text get of it.
void DealParts(const pb::Corpus& corpus, TextSource* source) {
  std::vector<const pb::Corpus::Part*> parts;
  double fractions = 0;
  int64_t counts = 0;
  for (const pb::Corpus::Part& part : corpus.parts()) {
    CheckPart(part);
    if (part.split() != pb::TRAIN && source->texts.count(part.split())) continue;
    parts.push_back(&part);
    if (part.has_fraction()) fractions += part.fraction();
    if (part.has_count() && __builtin_add_overflow(counts, part.count(), &counts)) {
      counts = std::numeric_limits<int64_t>::max();
    }
  }
  const bool only_training = std::all_of(
      parts.begin(), parts.end(), [](const auto* part) { return part->split() == pb::TRAIN; });
  if (only_training) return;

  const std::string whole = std::move(source->texts.at(pb::TRAIN));
  source->texts.erase(pb::TRAIN);
  int64_t units = 0;
  for (size_t at = 0; at < whole.size(); at = UnitEnd(whole, at, corpus)) ++units;
  const auto left = static_cast<double>(std::max<int64_t>(0, units - counts));
  double shares = 0;           // of the parts so far that have fractions
  int64_t fraction_units = 0;  // that these got
  size_t begin = 0;
  for (const pb::Corpus::Part* part : parts) {
    int64_t take = part->count();
    if (part->has_fraction()) {
      shares += part->fraction();
      const int64_t so_far = fractions > 0 ? std::llround(shares / fractions * left) : 0;
      take = so_far - fraction_units;
      fraction_units = so_far;
    }
    size_t end = begin;
    for (; take > 0 && end < whole.size(); --take) end = UnitEnd(whole, end, corpus);
    source->texts[part->split()].append(whole, begin, end - begin);
    if (const auto file = source->files.find(pb::TRAIN); file != source->files.end()) {
      source->files[part->split()] = file->second;
    }
    begin = end;
  }
}

TextSource LoadBuiltin(const pb::Corpus& corpus) {
  if (corpus.builtin().empty()) {
    throw FieldError("data", "this model has no built-in corpus: name a file or a folder");
  }
  BuiltinCorpus made = MakeBuiltinCorpus(corpus.builtin());
  TextSource out;
  out.description = fmt::format("the built-in corpus '{}'", corpus.builtin());
  if (corpus.tokenizer() != pb::WORDS && corpus.parts_size() > 0) {
    out.texts[pb::TRAIN] = WithLineEnds(made.train + made.valid + made.test, corpus);
    DealParts(corpus, &out);
    return out;
  }
  out.texts[pb::TRAIN] = WithLineEnds(std::move(made.train), corpus);
  out.texts[pb::VALID] = WithLineEnds(std::move(made.valid), corpus);
  out.texts[pb::TEST] = WithLineEnds(std::move(made.test), corpus);
  return out;
}

TextSource LoadFolder(const fs::path& folder, const pb::Corpus& corpus) {
  TextSource out;
  std::vector<std::string> usual, read;
  for (const pb::Corpus::Files& files : corpus.files()) {
    for (const std::string& name : files.names()) {
      if (files.split() == pb::TRAIN) usual.push_back(name);
      std::error_code ignored;
      if (out.texts.count(files.split()) || !fs::is_regular_file(folder / name, ignored)) continue;
      ReadText(folder / name, corpus, files.split(), &out);
      read.push_back(name);
    }
  }
  if (!out.texts.count(pb::TRAIN)) {
    throw FieldError(
        "data",
        fmt::format(
            "the folder '{}' has no training text by a usual name ({}): put one there, or name a "
            "file",
            folder.string(),
            usual.empty() ? "this model knows none" : fmt::format("{}", fmt::join(usual, ", "))),
        Code::kNotFound);
  }
  DealParts(corpus, &out);
  out.description = fmt::format("{} of {}", fmt::join(read, ", "), folder.string());
  return out;
}

}  // namespace

std::string SplitName(pb::Split split) {
  switch (split) {
    case pb::TRAIN:
      return "train";
    case pb::VALID:
      return "valid";
    case pb::TEST:
      return "test";
    default:
      return fmt::format("split {}", static_cast<int>(split));
  }
}

const std::string& TextSource::Of(pb::Split split) const {
  const auto it = texts.find(split);
  if (it == texts.end()) {
    ThrowNotFound(
        fmt::format("there is no {} text in {}: no file is for it, and the run plan gives it no "
                    "part of another",
                    SplitName(split), description));
  }
  if (it->second.empty()) {
    ThrowInvalid(fmt::format(
        "Not enough data. Make seq_length and batch_size small. No sizes are small enough for {}: "
        "it is so short that its {} part is empty; take a longer text, or a model that keeps less "
        "of "
        "it for other parts",
        description, SplitName(split)));
  }
  return it->second;
}

TextSource LoadTexts(const std::string& data, const pb::Corpus& corpus) {
  if (data.empty() || data == "builtin") return LoadBuiltin(corpus);
  std::error_code ignored;  // of names that cannot be: there is no such file either
  if (fs::is_directory(data, ignored)) return LoadFolder(data, corpus);
  if (!fs::exists(data, ignored)) {
    ThrowNotFound(fmt::format("there is no file or folder '{}' to read text from", data));
  }
  TextSource out;
  ReadText(data, corpus, pb::TRAIN, &out);
  DealParts(corpus, &out);
  out.description = data;
  return out;
}

Vocabulary VocabularyFor(const pb::Vocabulary& plan, const pb::Corpus& corpus,
                         const TextSource& texts) {
  if (plan.symbols_size() > 0) return Vocabulary::FromPlan(plan);
  Vocabulary built = Vocabulary::Build(texts.Of(pb::TRAIN), corpus, plan.order());
  if (plan.rows() > 0 && built.size() > plan.rows()) {
    ThrowInvalid(fmt::format(
        "the training text has {} different symbols, but the graph has rows for {} only: take a "
        "text with fewer, or export the model for this one, which sizes it",
        built.size(), plan.rows()));
  }
  return built;
}

EncodedText EncodeSplit(const TextSource& texts, pb::Split split, const pb::Corpus& corpus,
                        const Vocabulary& vocabulary, bool* from_cache) {
  const std::string& text = texts.Of(split);
  const auto file = texts.files.find(split);
  const std::string path = corpus.cache_ids() && file != texts.files.end()
                               ? IdsCachePath(file->second, text, corpus, vocabulary)
                               : "";
  *from_cache = false;
  if (!path.empty()) {
    if (auto ids = ReadIdsCache(path, text, corpus, vocabulary)) {
      *from_cache = true;
      return {.ids = std::move(*ids), .first_unknown = {}};
    }
  }
  EncodedText encoded =
      Encode(text, corpus, vocabulary, fmt::format("the {} text", SplitName(split)));
  if (!path.empty() && encoded.unknown == 0) WriteIdsCache(path, encoded.ids);
  return encoded;
}

}  // namespace graphrun

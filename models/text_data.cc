#include "models/text_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/file.h"
#include "models/builtin_corpus.h"

namespace graphrun {
namespace {

std::string ReadText(const std::filesystem::path& path) {
  std::string text = ReadFile(path.string());
  if (text.empty()) ThrowInvalid(fmt::format("'{}' is empty", path.string()));
  return text;
}

// The end of a whole line (words) or character that is nearest after `at`.
size_t CutAfter(const std::string& text, size_t at, const pb::Corpus& corpus) {
  if (at == 0 || at >= text.size()) return std::min(at, text.size());
  if (corpus.tokenizer() == pb::WORDS) {
    const size_t end = text.find('\n', at - 1);
    return end == std::string::npos ? text.size() : end + 1;
  }
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return at;
}

// Replaces the training text by the parts that it and the splits without a text get of it.
void DealParts(const pb::Corpus& corpus, std::map<pb::Split, std::string>* texts) {
  std::vector<const pb::Corpus::Part*> parts;
  double sum = 0;
  for (const pb::Corpus::Part& part : corpus.parts()) {
    if (part.split() != pb::TRAIN && texts->count(part.split())) continue;
    parts.push_back(&part);
    sum += part.fraction();
  }
  if (parts.size() < 2 || !(sum > 0)) return;
  const std::string whole = std::move(texts->at(pb::TRAIN));
  texts->erase(pb::TRAIN);
  size_t begin = 0;
  double share = 0;
  for (const pb::Corpus::Part* part : parts) {
    share += part->fraction();
    const size_t end =
        part == parts.back()
            ? whole.size()
            : CutAfter(whole, static_cast<size_t>(share / sum * static_cast<double>(whole.size())),
                       corpus);
    if (end > begin) (*texts)[part->split()] = whole.substr(begin, end - begin);
    begin = std::max(begin, end);
  }
}

TextSource LoadBuiltin(const pb::Corpus& corpus) {
  if (corpus.builtin().empty())
    ThrowInvalid("this model has no built-in corpus: name a text by --data FILE or FOLDER");
  BuiltinCorpus made = MakeBuiltinCorpus(corpus.builtin());
  return {{{pb::TRAIN, std::move(made.train)},
           {pb::VALID, std::move(made.valid)},
           {pb::TEST, std::move(made.test)}},
          fmt::format("the built-in corpus '{}'", corpus.builtin())};
}

TextSource LoadFolder(const std::filesystem::path& folder, const pb::Corpus& corpus) {
  TextSource out;
  std::vector<std::string> usual, read;
  for (const pb::Corpus::Files& files : corpus.files()) {
    for (const std::string& name : files.names()) {
      usual.push_back(name);
      if (out.texts.count(files.split()) || !std::filesystem::is_regular_file(folder / name))
        continue;
      out.texts[files.split()] = ReadText(folder / name);
      read.push_back(name);
    }
  }
  if (!out.texts.count(pb::TRAIN)) {
    throw Error(Code::kNotFound, fmt::format("the folder '{}' has no training text by a usual name "
                                             "(of {}): put one there, or name a "
                                             "file by --data FILE",
                                             folder.string(), fmt::join(usual, ", ")));
  }
  DealParts(corpus, &out.texts);
  out.description = fmt::format("{} of {}", fmt::join(read, ", "), folder.string());
  return out;
}

class ContiguousRowsBatcher final : public Batcher {
 public:
  ContiguousRowsBatcher(std::span<const int32_t> ids, int64_t batch, int64_t steps)
      : ids_(ids), batch_(batch), steps_(steps), row_(static_cast<int64_t>(ids.size()) / batch) {}

  int64_t batches_per_epoch() const override { return (row_ - 1) / steps_; }

  void Fill(int64_t i, std::span<int32_t> inputs, std::span<int32_t> targets) const override {
    for (int64_t r = 0; r < batch_; ++r) {
      const int32_t* begin = ids_.data() + r * row_ + i * steps_;
      std::copy_n(begin, steps_, inputs.data() + r * steps_);
      std::copy_n(begin + 1, steps_, targets.data() + r * steps_);
    }
  }

 private:
  std::span<const int32_t> ids_;
  int64_t batch_, steps_, row_;
};

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
    ThrowNotFound(fmt::format("there is no {} text in {}: not enough data, or no file for it",
                              SplitName(split), description));
  }
  return it->second;
}

TextSource LoadTexts(const std::string& data, const pb::Corpus& corpus) {
  if (data.empty() || data == "builtin") return LoadBuiltin(corpus);
  if (std::filesystem::is_directory(data)) return LoadFolder(data, corpus);
  if (!std::filesystem::exists(data)) {
    throw Error(Code::kNotFound,
                fmt::format("there is no file or folder '{}' to read text from", data));
  }
  TextSource out;
  out.texts[pb::TRAIN] = ReadText(data);
  DealParts(corpus, &out.texts);
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
        "text with fewer, or export the model with --data, which sizes it for the text",
        built.size(), plan.rows()));
  }
  return built;
}

std::unique_ptr<Batcher> MakeBatcher(const pb::Batches& plan, std::span<const int32_t> ids,
                                     const std::string& what) {
  const int64_t batch = plan.batch(), steps = plan.steps(), n = static_cast<int64_t>(ids.size());
  if (batch <= 0 || steps <= 0) {
    ThrowInvalid(
        fmt::format("the run plan's batches of {} rows of {} symbols are empty", batch, steps));
  }
  if (!plan.has_contiguous_rows())
    ThrowInvalid("the run plan has an order of batches that this version does not know");
  const int64_t needed = batch * (steps + 1);
  if (n < needed) {
    ThrowInvalid(fmt::format(
        "not enough data: {} has {} symbols, and one batch of {} rows of {} symbols, each with the "
        "one that follows, needs {}: take a longer text, or export the model with fewer rows or "
        "steps",
        what, n, batch, steps, needed));
  }
  return std::make_unique<ContiguousRowsBatcher>(ids, batch, steps);
}

}  // namespace graphrun

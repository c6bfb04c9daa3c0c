#include "core/text/text_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/base/error.h"

namespace graphrun {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

size_t CharacterLength(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t n = first >= 0xf0 && first <= 0xf4   ? 4
                   : first >= 0xe0 && first <= 0xef ? 3
                   : first >= 0xc2 && first <= 0xdf ? 2
                                                    : 1;
  if (n > text.size() - at) return 1;
  for (size_t i = 1; i < n; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 1;
  }
  return n;
}

std::string Quoted(std::string_view symbol) {
  std::string out = "'";
  for (size_t at = 0; at < symbol.size();) {
    const size_t n = CharacterLength(symbol, at);
    const auto byte = static_cast<unsigned char>(symbol[at]);
    if (n > 1 || (byte >= 0x20 && byte < 0x7f)) {
      out += symbol.substr(at, n);
    } else {
      out += byte == '\n' ? "\\n" : fmt::format("\\x{:02x}", byte);
    }
    at += n;
  }
  return out + "'";
}

SymbolReader::SymbolReader(std::string_view text, const pb::Corpus& corpus)
    : text_(text), line_end_(corpus.line_end()), words_(corpus.tokenizer() == pb::WORDS) {
  if (!words_ && corpus.tokenizer() != pb::CHARACTERS) {
    ThrowInvalid("the run plan's corpus has a tokenizer that this version does not know");
  }
}

bool SymbolReader::Next(std::string_view* symbol) {
  return words_ ? NextWord(symbol) : NextCharacter(symbol);
}

bool SymbolReader::NextWord(std::string_view* symbol) {
  while (at_ < text_.size() && IsSpace(text_[at_])) {
    if (text_[at_++] == '\n' && !line_end_.empty()) {
      *symbol = line_end_;
      return true;
    }
  }
  const size_t begin = at_;
  while (at_ < text_.size() && !IsSpace(text_[at_])) ++at_;
  *symbol = text_.substr(begin, at_ - begin);
  return at_ > begin;
}

bool SymbolReader::NextCharacter(std::string_view* symbol) {
  if (at_ == text_.size()) return false;
  *symbol = text_.substr(at_, CharacterLength(text_, at_));
  at_ += symbol->size();
  return true;
}

Vocabulary::Vocabulary(std::vector<std::string> symbols) : symbols_(std::move(symbols)) {
  for (const std::string& symbol : symbols_) {
    const auto [it, is_new] = ids_.emplace(symbol, static_cast<int32_t>(ids_.size()));
    if (!is_new || symbol.empty()) {
      throw Error(
          Code::kDataLoss,
          fmt::format("a vocabulary has {} {}",
                      symbol.empty() ? "the empty symbol" : "twice the symbol", Quoted(symbol)));
    }
  }
}

Vocabulary Vocabulary::Build(std::string_view text, const pb::Corpus& corpus,
                             pb::Vocabulary::Order order) {
  if (order != pb::Vocabulary::FREQUENCY_THEN_SYMBOL &&
      order != pb::Vocabulary::FREQUENCY_THEN_APPEARANCE) {
    ThrowInvalid("the run plan does not say in what order a text's symbols are numbered");
  }
  struct Entry {
    std::string_view symbol;
    int64_t count;
  };
  std::vector<Entry> entries;  // by first appearance
  std::unordered_map<std::string_view, size_t> index;
  SymbolReader reader(text, corpus);
  for (std::string_view symbol; reader.Next(&symbol);) {
    const auto [it, is_new] = index.emplace(symbol, entries.size());
    if (is_new) entries.push_back({symbol, 0});
    ++entries[it->second].count;
  }
  const bool by_symbol = order == pb::Vocabulary::FREQUENCY_THEN_SYMBOL;
  std::stable_sort(entries.begin(), entries.end(), [by_symbol](const Entry& a, const Entry& b) {
    if (a.count != b.count) return a.count > b.count;
    return by_symbol && a.symbol < b.symbol;
  });
  std::vector<std::string> symbols;
  symbols.reserve(entries.size());
  for (const Entry& entry : entries) symbols.emplace_back(entry.symbol);
  return Vocabulary(std::move(symbols));
}

Vocabulary Vocabulary::FromPlan(const pb::Vocabulary& plan) {
  if (plan.rows() > 0 && plan.symbols_size() > plan.rows()) {
    throw Error(
        Code::kDataLoss,
        fmt::format("the run plan's vocabulary has {} symbols, more than the graph's {} rows",
                    plan.symbols_size(), plan.rows()));
  }
  return Vocabulary({plan.symbols().begin(), plan.symbols().end()});
}

void Vocabulary::ToPlan(pb::Vocabulary* plan) const {
  plan->mutable_symbols()->Assign(symbols_.begin(), symbols_.end());
}

std::optional<int32_t> Vocabulary::Find(std::string_view symbol) const {
  const auto it = ids_.find(symbol);
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

std::string Vocabulary::Nearest(std::string_view symbol) const {
  if (symbol.empty() || CharacterLength(symbol, 0) < symbol.size()) {
    return DidYouMean(symbol, symbols_);
  }
  // All single characters are one edit apart; only another case looks alike.
  const auto c = static_cast<unsigned char>(symbol[0]);
  const auto other = static_cast<char>(std::isupper(c) ? std::tolower(c) : std::toupper(c));
  const std::string changed(1, other);
  return changed != symbol && Find(changed) ? DidYouMean(symbol, {changed}) : "";
}

EncodedText Encode(std::string_view text, const pb::Corpus& corpus, const Vocabulary& vocabulary,
                   const std::string& what) {
  EncodedText out;
  const pb::Unknown& rule = corpus.unknown();
  std::optional<int32_t> replacement;
  if (rule.rule() == pb::Unknown::REPLACE) replacement = vocabulary.Find(rule.symbol());
  out.replaced = replacement.has_value();
  SymbolReader reader(text, corpus);
  for (std::string_view symbol; reader.Next(&symbol);) {
    if (const auto id = vocabulary.Find(symbol)) {
      out.ids.push_back(*id);
      continue;
    }
    if (rule.rule() == pb::Unknown::REFUSE) {
      const bool in_text =
          symbol.data() >= text.data() && symbol.data() < text.data() + text.size();
      const std::string_view before =
          in_text ? text.substr(0, symbol.data() - text.data()) : std::string_view();
      const auto line = 1 + std::count(before.begin(), before.end(), '\n');
      ThrowInvalid(
          fmt::format("line {} of {} has {}, which is not among the {} symbols of the vocabulary{}",
                      line, what, Quoted(symbol), vocabulary.size(), vocabulary.Nearest(symbol)));
    }
    if (out.unknown++ == 0) out.first_unknown = symbol;
    if (replacement) out.ids.push_back(*replacement);
  }
  return out;
}

}  // namespace graphrun

// Vocabulary: the symbols of a text, words or characters, and their ids; cutting a text into
// symbols.
#ifndef GRAPHRUN_CORE_TEXT_TEXT_VOCABULARY_H_
#define GRAPHRUN_CORE_TEXT_TEXT_VOCABULARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/plan.pb.h"

namespace graphrun {

// Goes over the symbols of a text as `corpus` says. Both must outlive it.
class SymbolReader {
 public:
  // INVALID_ARGUMENT for a tokenizer that is not known.
  SymbolReader(std::string_view text, const pb::Corpus& corpus);
  // The next symbol; false at the end.
  bool Next(std::string_view* symbol);

 private:
  bool NextWord(std::string_view* symbol);
  bool NextCharacter(std::string_view* symbol);

  std::string_view text_;
  std::string_view line_end_;
  bool words_;
  size_t at_ = 0;
};

// Bytes of the UTF-8 character that begins at text[at]; 1 for a byte that begins none. REQUIRES: at
// < text.size().
size_t CharacterLength(std::string_view text, size_t at);

// In quotes, for messages; line ends and bytes that are no text can be seen.
std::string Quoted(std::string_view symbol);

// Immutable. Ids are 0 .. size()-1.
class Vocabulary {
 public:
  // INVALID_ARGUMENT for LISTED and orders that are not known.
  static Vocabulary Build(std::string_view text, const pb::Corpus& corpus,
                          pb::Vocabulary::Order order);
  // DATA_LOSS when a symbol is empty or there twice, or there are more than rows.
  static Vocabulary FromPlan(const pb::Vocabulary& plan);
  // Writes the symbols only.
  void ToPlan(pb::Vocabulary* plan) const;

  int64_t size() const { return static_cast<int64_t>(symbols_.size()); }
  const std::string& symbol(int64_t id) const { return symbols_[id]; }
  std::optional<int32_t> Find(std::string_view symbol) const;
  // Up to three symbols that look like `symbol`, as DidYouMean; of a character, its other case.
  std::string Nearest(std::string_view symbol) const;

 private:
  explicit Vocabulary(std::vector<std::string> symbols);

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  std::vector<std::string> symbols_;
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> ids_;
};

// A text as ids, and what the vocabulary did not have.
struct EncodedText {
  std::vector<int32_t> ids;
  int64_t unknown = 0;        // symbols dropped or replaced
  std::string first_unknown;  // the first of them
  bool replaced = false;      // whether they were replaced
};

// INVALID_ARGUMENT, naming the symbol and its line, when the corpus refuses unknown symbols. `what`
// names the text in the message: "the valid text".
EncodedText Encode(std::string_view text, const pb::Corpus& corpus, const Vocabulary& vocabulary,
                   const std::string& what);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_TEXT_VOCABULARY_H_

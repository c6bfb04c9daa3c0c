// The ids of a text, kept in a file beside it so that the next run need not look each symbol up.
#ifndef GRAPHRUN_CORE_TEXT_IDS_CACHE_H_
#define GRAPHRUN_CORE_TEXT_IDS_CACHE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/text_vocabulary.h"

namespace graphrun {

// "FILE.ids.HASH.npy", an int32 vector. The hash is of all that the ids follow from: the text,
// which may be a part of the file only, the vocabulary, and how the corpus cuts texts into symbols.
std::string IdsCachePath(const std::string& file, std::string_view text, const pb::Corpus& corpus,
                         const Vocabulary& vocabulary);

// The ids of the file at `path`; none when there is no such file, or what it says is not `text`.
std::optional<std::vector<int32_t>> ReadIdsCache(const std::string& path, std::string_view text,
                                                 const pb::Corpus& corpus,
                                                 const Vocabulary& vocabulary);

// Does nothing in a folder that nobody may write to, which root could; a failure is no error.
void WriteIdsCache(const std::string& path, std::span<const int32_t> ids);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_IDS_CACHE_H_

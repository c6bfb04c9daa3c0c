// Scenes of a play: the built-in corpus "play".
#ifndef GRAPHRUN_CORE_TEXT_BUILTIN_PLAY_H_
#define GRAPHRUN_CORE_TEXT_BUILTIN_PLAY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace graphrun {

// One text after the other, each of whole speeches and at least so many characters. A speech is the
// speaker's name in capitals with a colon, lines of verse, and an empty line. The same for the same
// arguments always.
std::vector<std::string> WritePlay(uint64_t seed, const std::vector<int64_t>& characters);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_BUILTIN_PLAY_H_

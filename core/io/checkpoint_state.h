// The text file `checkpoint` of a folder, which says what checkpoints it holds.
#ifndef GRAPHRUN_CORE_IO_CHECKPOINT_STATE_H_
#define GRAPHRUN_CORE_IO_CHECKPOINT_STATE_H_

#include <string>
#include <vector>

namespace graphrun {

// The prefixes that the file names, oldest first, as paths that lead there from here: a relative
// one is below `folder`; an absolute one that has no checkpoint, as when the folder was moved, is
// looked for in `folder`. Those that are not there are left out. Empty when there is no such file;
// DATA_LOSS naming it when it is none.
std::vector<std::string> ReadCheckpointState(const std::string& folder);

// Makes the file name these prefixes, the newest last. Those in `folder` are written relative to
// it, so that it can be moved. REQUIRES: prefixes is not empty. Errors as WriteFile's.
void WriteCheckpointState(const std::string& folder, const std::vector<std::string>& prefixes);

// The newest checkpoint that the folder's state file names and that is there; "" when there is
// none. DATA_LOSS as ReadCheckpointState.
std::string LatestCheckpoint(const std::string& folder);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_CHECKPOINT_STATE_H_

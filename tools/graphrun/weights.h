// The weights that a command works with: initial ones, or a checkpoint's.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_WEIGHTS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_WEIGHTS_H_

#include <string>

#include "core/run/session.h"
#include "tools/graphrun/commands.h"

namespace graphrun {

// What --restore names: a checkpoint's prefix, or a folder, whose latest one it is. NOT_FOUND when
// there is none.
std::string FindCheckpoint(const std::string& restore);

// Gives all variables their initial values and then, unless `restore` is "", the checkpoint's.
// BadFile when the checkpoint is damaged; the errors of Saver::Restore when it does not fit.
void StartVariables(const Model& model, const pb::RunPlan& plan, const std::string& restore,
                    Session& session);

// A model without a vocabulary gets the one that its first training run built, from the .meta file
// beside the checkpoint.
void TakeVocabulary(const std::string& restore, pb::RunPlan* plan);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_WEIGHTS_H_

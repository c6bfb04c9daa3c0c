// The weights that a command works with: initial ones, or a checkpoint's.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_WEIGHTS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_WEIGHTS_H_

#include <string>

#include "core/run/session.h"
#include "tools/graphrun/commands.h"

namespace graphrun {

class Command;

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

// FILE and --restore of the commands that work with a trained model.
void AddTrainedModel(const Command& command, std::string* file, std::string* restore);
// What they say on standard error when there is no --restore.
void NoteInitialWeights(const std::string& restore);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_WEIGHTS_H_

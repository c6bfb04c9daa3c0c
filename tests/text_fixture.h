// What tests of texts share: corpora as plans ask for them, and folders that go away.
#ifndef GRAPHRUN_TESTS_TEXT_FIXTURE_H_
#define GRAPHRUN_TESTS_TEXT_FIXTURE_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/text/text_vocabulary.h"
#include "proto/plan.pb.h"

namespace graphrun {

inline void AddFile(pb::Split split, const std::string& name, pb::Corpus* corpus) {
  pb::Corpus::Files* files = corpus->add_files();
  files->set_split(split);
  files->add_names(name);
}

inline void AddFraction(pb::Split split, double fraction, pb::Corpus* corpus) {
  pb::Corpus::Part* part = corpus->add_parts();
  part->set_split(split);
  part->set_fraction(fraction);
}

inline void AddCount(pb::Split split, int64_t count, pb::Corpus* corpus) {
  pb::Corpus::Part* part = corpus->add_parts();
  part->set_split(split);
  part->set_count(count);
}

inline pb::Corpus WordCorpus() {
  pb::Corpus corpus;
  corpus.set_tokenizer(pb::WORDS);
  corpus.set_line_end("<eos>");
  corpus.set_builtin("words");
  AddFile(pb::TRAIN, "ptb.train.txt", &corpus);
  AddFile(pb::VALID, "ptb.valid.txt", &corpus);
  AddFile(pb::TEST, "ptb.test.txt", &corpus);
  AddFraction(pb::TRAIN, 0.8, &corpus);
  AddFraction(pb::VALID, 0.1, &corpus);
  AddFraction(pb::TEST, 0.1, &corpus);
  return corpus;
}

// Without files and parts.
inline pb::Corpus CharacterCorpus(const std::string& builtin = "play") {
  pb::Corpus corpus;
  corpus.set_tokenizer(pb::CHARACTERS);
  corpus.set_builtin(builtin);
  return corpus;
}

inline std::vector<std::string> Symbols(const Vocabulary& vocabulary) {
  std::vector<std::string> symbols;
  for (int64_t i = 0; i < vocabulary.size(); ++i) symbols.push_back(vocabulary.symbol(i));
  return symbols;
}

// A new folder in the tests' own one; goes away with its files.
class Folder {
 public:
  // Tests run at once, each in a process.
  explicit Folder(const std::string& name)
      : path_(::testing::TempDir() + "graphrun_" + name + "." + std::to_string(getpid())) {
    Remove();
    std::filesystem::create_directory(path_);
  }
  ~Folder() { Remove(); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
    return path_ + "/" + name;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename().string());
    return names;
  }
  void Allow(std::filesystem::perms permissions) const {
    std::filesystem::permissions(path_, permissions);
  }
  const std::string& path() const { return path_; }

 private:
  void Remove() const {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_TEXT_FIXTURE_H_

// Texts through the command: what it reads, what it says of them, what it refuses.
#include <algorithm>
#include <regex>

#include "tests/cli_toys.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CliTextTest : public CliToys {
 protected:
  static std::string Replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
    return text;
  }
  // Files of ids beside texts.
  static int Caches(const std::string& folder) {
    return static_cast<int>(
        std::count_if(fs::directory_iterator(Path(folder)), {},
                      [](const auto& entry) { return entry.path().extension() == ".npy"; }));
  }
  // What training says of its loss, from the same weights; not of the time that it took.
  static std::string Losses(const std::string& model, const std::string& data) {
    const std::string out = Succeed(model + " --seed 1 --threads 1 --steps 4 --data " + data);
    return std::regex_replace(out.substr(out.find("Stopped")), std::regex("time/batch = [0-9.]+"),
                              "");
  }
};

TEST_F(CliTextTest, TextsThatAreTooShortSaySo) {
  Write("empty.txt", "");
  Write("short.txt", "abc def ghi jkl mno");
  for (const char* name :
       {"ptb", "text8_tfp", "text8_simple", "shakespeare_rnn", "shakespeare_lstm"}) {
    const std::string model = Export(name);
    EXPECT_THAT(Fail(model + " --data empty.txt"), HasSubstr("the text 'empty.txt' is empty"));
    EXPECT_THAT(Fail(model + " --data short.txt"),
                HasSubstr("Not enough data. Make seq_length and batch_size small."));
    EXPECT_THAT(Fail(model + " --data absent.txt"), HasSubstr("'absent.txt'"));
  }
  EXPECT_THAT(
      Fail("shakespeare_rnn.pb --data short.txt"),
      HasSubstr(
          "There are 19 symbols in the train text, and one batch of 9 rows of 6 symbols needs"));
  EXPECT_THAT(Fail("eval ptb.pb --data short.txt"), HasSubstr("Not enough data."));
}

TEST_F(CliTextTest, LineEndsAreThoseOfTheModel) {
  Write("lf.txt", Lines(90));
  Write("crlf.txt", Replaced(Lines(90), "\n", "\r\n"));
  ASSERT_NE(Read("lf.txt"), Read("crlf.txt"));
  for (const char* name : {"shakespeare_rnn", "shakespeare_lstm"}) {
    const std::string model = Export(name);
    EXPECT_EQ(Losses(model, "lf.txt"), Losses(model, "crlf.txt")) << name;
    const std::string said = Succeed(model + " --steps 1 --data crlf.txt");
    const std::string lines = name == std::string("shakespeare_rnn") ? "lf.txt" : "crlf.txt";
    EXPECT_THAT(said,
                HasSubstr("text: crlf.txt: " + std::to_string(Read(lines).size()) + " train"));
  }
  Write("long.txt", Lines(300));
  Write("long_crlf.txt", Replaced(Lines(300), "\n", "\r\n"));
  const std::string ptb = Export("ptb");
  EXPECT_EQ(NumberAfter("Perplexity=", Losses(ptb, "long.txt")),
            NumberAfter("Perplexity=", Losses(ptb, "long_crlf.txt")));
  EXPECT_THAT(Succeed(ptb + " --steps 1 --data long_crlf.txt"), HasSubstr("vocabulary 10\n"));
}

TEST_F(CliTextTest, UnknownSymbolsAreCountedOnce) {
  // The first 1000 characters of text8_simple's texts are its validation text.
  Write("odd.txt", Replaced(Lines(200), "hay", "h\xc3\xa9y"));
  const std::string odd = Read("odd.txt");
  const auto count = [](const std::string& text) {
    return std::to_string(std::count(text.begin(), text.end(), '\n') +
                          std::count(text.begin(), text.end(), '\xc3'));
  };
  size_t at = 0;
  for (int i = 0; i < 1000; ++i) at += odd[at] == '\xc3' ? 2 : 1;
  Result r = Run(Export("text8_simple") + " --steps 11 --data odd.txt");
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(r.err,
            "graphrun: " + count(odd.substr(at)) +
                " symbols of the train text are not in the vocabulary and are read as ' '; the "
                "first is '" +
                (odd.find('\n', at) < odd.find('\xc3', at) ? "\\n" : "\xc3\xa9") + "'\n" +
                "graphrun: " + count(odd.substr(0, at)) +
                " symbols of the valid text are not in the vocabulary and are read as ' '; the "
                "first is '" +
                (odd.find('\n') < odd.find('\xc3') ? "\\n" : "\xc3\xa9") + "'\n");
  r = Run("eval text8_simple.pb --split valid --data odd.txt");
  EXPECT_THAT(r.err, StartsWith("graphrun: " + count(odd.substr(0, at)) + " symbols of the valid"));
  // All are read: a space stands for each.
  EXPECT_THAT(r.out, HasSubstr("text: odd.txt: 1000 valid,"));

  const std::string rnn = Export("shakespeare_rnn", "--data builtin");
  Write("odd.txt", "a\x01" + Lines(40) + "\xff#\n");
  r = Run(rnn + " --steps 2 --data odd.txt");
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(r.err,
            "graphrun: 3 symbols of the train text are not in the vocabulary and are left out; "
            "the first is '\\x01'\n");
  EXPECT_THAT(r.out, HasSubstr(std::to_string(Lines(40).size() + 2) + " train, vocabulary 62\n"));
}

TEST_F(CliTextTest, EncodedTextsAreKeptBesideThem) {
  const std::string model = Export("shakespeare_rnn");
  fs::create_directory(Path("corpus"));
  Write("corpus/input.txt", Lines(70));
  const std::string reading = "\nreading text file\n", loading = "\nloading preprocessed files\n";
  const std::string run = model + " --steps 5 --seed 1 --threads 1 --data ";
  const std::string first = Succeed(run + "corpus/input.txt");
  EXPECT_THAT(first, AllOf(HasSubstr(reading), Not(HasSubstr(loading))));
  EXPECT_EQ(Caches("corpus"), 1);
  const std::string second = Succeed(run + "corpus/input.txt");
  EXPECT_THAT(second, AllOf(HasSubstr(loading), Not(HasSubstr(reading))));
  EXPECT_THAT(Succeed(run + "corpus"), HasSubstr(loading)) << "by way of the folder";
  EXPECT_EQ(first.substr(first.find("\nhe ")), second.substr(second.find("\nhe ")));

  Write("corpus/input.txt", Lines(71));
  EXPECT_THAT(Succeed(run + "corpus"), HasSubstr(reading)) << "another text";
  EXPECT_EQ(Caches("corpus"), 2);
  for (const auto& entry : fs::directory_iterator(Path("corpus"))) {
    if (entry.path().extension() == ".npy") WriteFile(entry.path().string(), "damaged");
  }
  EXPECT_THAT(Succeed(run + "corpus"), HasSubstr(reading)) << "damaged";
  EXPECT_THAT(Succeed(run + "corpus"), HasSubstr(loading)) << "and mended";
  EXPECT_THAT(Succeed(model + " --steps 1"),
              AllOf(Not(HasSubstr(loading)), Not(HasSubstr(reading))))
      << "nothing lies beside the built-in text";
}

TEST_F(CliTextTest, FoldersHaveUsualNames) {
  const auto sizes = [](const std::string& model, const std::string& folder) {
    return Succeed(model + " --steps 1 --data " + folder);
  };
  fs::create_directory(Path("texts"));
  const std::string simple = Export("text8_simple"), rnn = Export("shakespeare_rnn");
  const std::string ptb = Export("ptb");
  EXPECT_THAT(Fail(simple + " --data texts"),
              AllOf(HasSubstr("'texts'"), HasSubstr("text8, wiki8.txt")));
  EXPECT_THAT(Fail(rnn + " --data texts"),
              HasSubstr("tinyshakespeare.txt, input.txt, shakespeare.txt"));
  EXPECT_THAT(Fail(ptb + " --data texts"), HasSubstr("ptb.train.txt, train.txt"));

  const auto letters = [](int n) { return Replaced(Lines(n), "\n", " "); };
  for (const auto& [name, n] : {std::pair("wiki8.txt", 100), std::pair("text8", 120)}) {
    Write(std::string("texts/") + name, letters(n));
    EXPECT_THAT(sizes(simple, "texts"),
                HasSubstr(std::string("text: ") + name + " of texts: " +
                          std::to_string(letters(n).size() - 1000) + " train, 1000 valid,"));
  }
  for (const auto& [name, n] : {std::pair("shakespeare.txt", 50), std::pair("input.txt", 60),
                                std::pair("tinyshakespeare.txt", 70)}) {
    Write(std::string("texts/") + name, Lines(n));
    EXPECT_THAT(sizes(rnn, "texts"), HasSubstr(std::string("text: ") + name + " of texts: " +
                                               std::to_string(Lines(n).size()) + " train,"));
  }
  for (const auto& [name, n] :
       {std::pair("train", 130), std::pair("valid", 40), std::pair("test", 50)}) {
    Write(std::string("texts/ptb.") + name + ".txt", Lines(n));
  }
  EXPECT_THAT(sizes(ptb, "texts"),
              HasSubstr("text: ptb.train.txt, ptb.valid.txt, ptb.test.txt of texts: 780 train, 240 "
                        "valid, 300 test, vocabulary 10\n"));
}

}  // namespace
}  // namespace graphrun

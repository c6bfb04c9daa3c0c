#include "core/text/builtin_play.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "core/text/builtin_random.h"

namespace graphrun {
namespace {

using Words = std::span<const std::string_view>;

// What the speeches of one scene are about: a scene keeps to its theme and its few speakers, so
// that a model gains from remembering.
struct Theme {
  Words nouns, verbs;  // regular ones: their other form has an s
  Words places;
};

constexpr std::string_view kCrownNouns[] = {"king",  "crown",  "sword", "queen",  "castle", "army",
                                            "enemy", "throne", "siege", "banner", "duke",   "oath"};
constexpr std::string_view kCrownVerbs[] = {"guard", "serve",   "obey", "crown",
                                            "seize", "conquer", "fear", "betray"};
constexpr std::string_view kCrownPlaces[] = {"before the walls", "beneath the banner",
                                             "in the castle yard", "at the gate"};

constexpr std::string_view kLoveNouns[] = {"heart", "kiss", "lover", "rose",  "ring", "vow",
                                           "maid",  "eye",  "poet",  "smile", "lady", "tear"};
constexpr std::string_view kLoveVerbs[] = {"love", "woo",  "praise", "charm",
                                           "kiss", "miss", "adore",  "scorn"};
constexpr std::string_view kLovePlaces[] = {"in the garden", "under the window", "by the fountain",
                                            "among the roses"};

constexpr std::string_view kSeaNouns[] = {"ship",  "storm", "harbour", "pilot", "wave", "captain",
                                          "shore", "mast",  "voyage",  "gale",  "sail", "pirate"};
constexpr std::string_view kSeaVerbs[] = {"steer", "anchor", "follow", "sink",
                                          "trust", "curse",  "board",  "escape"};
constexpr std::string_view kShipPlaces[] = {"upon the deck", "beyond the cape", "o'er the water",
                                            "in the rigging"};

constexpr std::string_view kGoldNouns[] = {"merchant", "coin",  "debt",    "purse",  "bargain",
                                           "lawyer",   "ducat", "usurer",  "jewel",  "prize",
                                           "beggar",   "box",   "servant", "tavern", "quarrel"};
constexpr std::string_view kGoldVerbs[] = {"pay", "owe",  "cheat", "borrow",
                                           "rob", "envy", "judge", "squander"};
constexpr std::string_view kGoldPlaces[] = {"at the tavern door", "in the market",
                                            "before the judge", "across the bridge"};

constexpr std::string_view kNightNouns[] = {"ghost", "shadow", "dream", "grave", "candle", "owl",
                                            "witch", "moon",   "omen",  "tomb",  "raven",  "spell"};
constexpr std::string_view kNightVerbs[] = {"haunt",  "fear",  "summon", "vex",
                                            "banish", "dread", "awaken", "question"};
constexpr std::string_view kNightPlaces[] = {"in the churchyard", "beneath the moon",
                                             "on the empty stair", "between two midnights"};

constexpr Theme kThemes[] = {{kCrownNouns, kCrownVerbs, kCrownPlaces},
                             {kLoveNouns, kLoveVerbs, kLovePlaces},
                             {kSeaNouns, kSeaVerbs, kShipPlaces},
                             {kGoldNouns, kGoldVerbs, kGoldPlaces},
                             {kNightNouns, kNightVerbs, kNightPlaces}};

constexpr std::string_view kSpeakers[] = {
    "ALDRIC",   "BEATRIX",  "CONSTANCE", "DUNSTAN",  "EDMUND",  "FERGUS",   "GWENDOLYN",
    "HUMPHREY", "ISOLDE",   "JASPER",    "KATHARYN", "LEONORA", "MARIGOLD", "NATHANIEL",
    "ORSON",    "PERCIVAL", "QUENTIN",   "ROSAMUND", "SYLVIA",  "TOBIAS",   "URSULA",
    "VIVIAN",   "WINIFRED", "XANTHE",    "YVAIN",    "ZACHARY"};
constexpr std::string_view kPlayAdjectives[] = {
    "gentle",       "noble",  "cruel",  "weary",     "proud",         "secret", "golden",
    "quiet",        "bitter", "honest", "foolish",   "ancient",       "merry",  "ill-kept",
    "sweet-voiced", "hollow", "unjust", "half-lost", "never-resting", "lazy",   "exiled"};
constexpr std::string_view kActs[] = {"sleep",  "weep",    "wait",   "kneel", "laugh",
                                      "wander", "tremble", "return", "dance", "perish"};
constexpr std::string_view kPlayTimes[] = {"to-morrow", "to-night",    "ere morning", "once more",
                                           "this hour", "till winter", "for ever",    "at last"};
constexpr std::string_view kCries[] = {"Alas", "Away", "Peace",   "Enough",
                                       "Hark", "Fie",  "Well met"};
constexpr std::string_view kTitles[] = {"my lord",      "my lady",  "good cousin",
                                        "sweet friend", "old fool", "brave sir"};

// A rule's alternatives are words and $X, X a rule or one of these:
//   n v  noun, verb of the theme          p V  the same with an s
//   a i  adjective, verb without object   I    i with an s
//   w t  place, time                      x h  cry, title
//   o    the one who is spoken to
struct Rule {
  char name;
  Words alternatives;  // the first ones come up more often; the very first ends a recursion
};
constexpr std::string_view kOne[] = {"the $n",  "my $n",     "your $n",   "this $n",
                                     "a $a $n", "the $a $n", "our $a $n", "the $n of $M",
                                     "no $n",   "every $n"};
constexpr std::string_view kMany[] = {"the $p",     "my $p",   "these $a $p",  "your $p",
                                      "all our $p", "such $p", "the $p of $N", "a thousand $p"};
constexpr std::string_view kObject[] = {"$N", "$M", "him", "her", "it", "them that $v $N"};
constexpr std::string_view kClause[] = {"$N $V $O",
                                        "I $v $O",
                                        "$M $v $O",
                                        "you $v $O",
                                        "$N is $a",
                                        "$N $I $w",
                                        "we $v $O $w",
                                        "$M are $a",
                                        "$t $N $V $O",
                                        "I $i $w",
                                        "my $n $V your $n",
                                        "$M $i $t",
                                        "there is $N $w",
                                        "$N that $V $O $I",
                                        "I would $v $O $t",
                                        "they that $v $O $i",
                                        "he $V $O, and she $V $O"};
constexpr std::string_view kSentence[] = {"$C.",
                                          "$C, and $C.",
                                          "$C; $C.",
                                          "$x! $C.",
                                          "$o, $C.",
                                          "$C, $h.",
                                          "If $C, then $C.",
                                          "Will you $v $O, $h?",
                                          "Where is $N?",
                                          "Go, $v $O, and $v $O $w.",
                                          "What $n is this that $V $O?",
                                          "'Tis $N that $V $O; $C.",
                                          "I'll $v $O $t, $o.",
                                          "As $M $i $w, so $C.",
                                          "Speak not of $O: $C.",
                                          "O $a $n! O $a $n!",
                                          "Let $N $v $O; $C!",
                                          "Never did I $v so $a a $n.",
                                          "Why, $o, what $n would $v $O?",
                                          "Who $V $O $t?",
                                          "That $n's $a; yet $C.",
                                          "$x, $o! Know you not that $C?"};
constexpr Rule kRules[] = {
    {'N', kOne}, {'M', kMany}, {'O', kObject}, {'C', kClause}, {'S', kSentence}};

bool IsOneOf(char c, std::string_view of) { return of.find(c) != of.npos; }

// "kisses", "envies", "kings".
std::string WithS(std::string_view word) {
  std::string out(word);
  const char last = word.back(), before = word[word.size() - 2];
  if (IsOneOf(last, "sxz") || (last == 'h' && IsOneOf(before, "sc"))) return out + "es";
  if (last != 'y' || IsOneOf(before, "aeiou")) return out + "s";
  out.back() = 'i';
  return out + "es";
}

std::string Capitalised(std::string_view word) {
  std::string out(word);
  for (size_t i = 1; i < out.size(); ++i) out[i] = static_cast<char>(out[i] - 'A' + 'a');
  return out;
}

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

class Playwright {
 public:
  explicit Playwright(uint64_t seed) : random_(seed) {}

  std::string Write(int64_t characters) {
    std::string text;
    while (std::ssize(text) < characters) text += Scene();
    return text;
  }

 private:
  std::string Scene() {
    theme_ = &kThemes[random_.Below(std::size(kThemes))];
    std::vector<std::string_view> cast;
    for (uint64_t n = 2 + random_.Below(3); cast.size() < n;) {
      const std::string_view name = kSpeakers[random_.Below(std::size(kSpeakers))];
      if (std::find(cast.begin(), cast.end(), name) == cast.end()) cast.push_back(name);
    }
    std::string scene;
    size_t speaker = 0;
    for (uint64_t speeches = 6 + random_.Below(12); speeches > 0; --speeches) {
      const size_t last = speaker;
      speaker = (speaker + 1 + random_.Below(cast.size() - 1)) % cast.size();
      spoken_to_ = Capitalised(cast[last]);
      scene += cast[speaker];
      scene += ":\n";
      scene += Verse(Speech());
      scene += '\n';
    }
    return scene;
  }

  std::string Speech() {
    std::string speech;
    for (uint64_t sentences = 1 + random_.Below(5); sentences > 0; --sentences) {
      const size_t begin = speech.size();
      Expand("$S", 0, &speech);
      speech[begin] = Upper(speech[begin]);
      speech += ' ';
    }
    speech.pop_back();
    return speech;
  }

  // Appends what a rule's alternative stands for.
  void Expand(std::string_view pattern, int depth, std::string* out) {
    for (size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if (c != '$') {
        *out += c;
        continue;
      }
      const char name = pattern[++i];
      const Rule* rule = nullptr;
      for (const Rule& r : kRules) {
        if (r.name == name) rule = &r;
      }
      if (rule != nullptr) {
        Expand(depth > 4 ? rule->alternatives[0] : random_.Pick(rule->alternatives), depth + 1,
               out);
      } else {
        Say(Word(name), out);
      }
    }
  }

  std::string Word(char name) {
    switch (name) {
      case 'n':
        return std::string(random_.Pick(theme_->nouns));
      case 'p':
        return WithS(random_.Pick(theme_->nouns));
      case 'v':
        return std::string(random_.Pick(theme_->verbs));
      case 'V':
        return WithS(random_.Pick(theme_->verbs));
      case 'a':
        return std::string(random_.Pick(kPlayAdjectives));
      case 'i':
        return std::string(random_.Pick(kActs));
      case 'I':
        return WithS(random_.Pick(kActs));
      case 'w':
        return std::string(random_.Pick(theme_->places));
      case 't':
        return std::string(random_.Pick(kPlayTimes));
      case 'x':
        return std::string(random_.Pick(kCries));
      case 'h':
        return std::string(random_.Pick(kTitles));
      default:
        return spoken_to_;
    }
  }

  static void Say(const std::string& word, std::string* out) {
    const bool article = out->ends_with(" a ") || *out == "a ";
    if (article && IsOneOf(word[0], "aeiou")) out->insert(out->size() - 1, "n");
    *out += word;
  }

  // Cuts a speech into lines that begin with capitals, and end with a part of a sentence if they
  // are long enough then.
  std::string Verse(std::string_view speech) {
    constexpr size_t kShort = 28, kLong = 44;
    std::string verse;
    size_t line = 0;  // where the last one begins
    while (!speech.empty()) {
      const size_t end = std::min(speech.find(' '), speech.size());
      const std::string_view word = speech.substr(0, end);
      speech.remove_prefix(std::min(speech.size(), end + 1));
      const size_t length = verse.size() - line;
      if (length > 0) {
        const bool part = IsOneOf(verse.back(), ".,;:!?");
        if (length + 1 + word.size() > kLong || (part && length >= kShort)) {
          verse += '\n';
          line = verse.size();
        } else {
          verse += ' ';
        }
      }
      const size_t begin = verse.size();
      verse += word;
      if (begin == line) verse[begin] = Upper(verse[begin]);
    }
    return verse + "\n";
  }

  BuiltinRandom random_;
  const Theme* theme_ = &kThemes[0];
  std::string spoken_to_;
};

}  // namespace

std::vector<std::string> WritePlay(uint64_t seed, const std::vector<int64_t>& characters) {
  Playwright playwright(seed);
  std::vector<std::string> texts;
  for (const int64_t n : characters) texts.push_back(playwright.Write(n));
  return texts;
}

}  // namespace graphrun

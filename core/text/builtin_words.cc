#include "core/text/builtin_words.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "core/text/builtin_random.h"

namespace graphrun {
namespace {

using Words = std::span<const std::string_view>;

struct Noun {
  std::string_view one, many;
};
struct Verb {
  std::string_view many, one, past;  // they see, he sees, he saw
};

// What the sentences of one paragraph are about: a paragraph keeps to its topic, so that a model
// gains from remembering.
struct Topic {
  std::span<const Noun> people, things;
  std::span<const Verb> does, acts;  // with an object, without
  Words places;                      // "in the barn"
};

constexpr Noun kFarmPeople[] = {{"farmer", "farmers"},
                                {"shepherd", "shepherds"},
                                {"miller", "millers"},
                                {"neighbour", "neighbours"}};
constexpr Noun kFarmThings[] = {{"cow", "cows"},     {"horse", "horses"}, {"goose", "geese"},
                                {"field", "fields"}, {"fence", "fences"}, {"plough", "ploughs"},
                                {"sheep", "sheep"},  {"goat", "goats"},   {"apple", "apples"}};
constexpr Verb kFarmDoes[] = {{"feed", "feeds", "fed"},
                              {"count", "counts", "counted"},
                              {"sell", "sells", "sold"},
                              {"mend", "mends", "mended"},
                              {"watch", "watches", "watched"}};
constexpr Verb kFarmActs[] = {{"work", "works", "worked"},
                              {"rest", "rests", "rested"},
                              {"dig", "digs", "dug"},
                              {"grow", "grows", "grew"}};
constexpr std::string_view kFarmPlaces[] = {"in the barn", "behind the mill", "on the hill",
                                            "near the pond", "under the old oak"};

constexpr Noun kSeaPeople[] = {{"sailor", "sailors"},
                               {"captain", "captains"},
                               {"fisherman", "fishermen"},
                               {"pilot", "pilots"}};
constexpr Noun kSeaThings[] = {{"boat", "boats"},   {"net", "nets"},       {"sail", "sails"},
                               {"whale", "whales"}, {"rope", "ropes"},     {"island", "islands"},
                               {"gull", "gulls"},   {"anchor", "anchors"}, {"wave", "waves"}};
constexpr Verb kSeaDoes[] = {{"steer", "steers", "steered"},
                             {"follow", "follows", "followed"},
                             {"pull", "pulls", "pulled"},
                             {"lose", "loses", "lost"},
                             {"catch", "catches", "caught"}};
constexpr Verb kSeaActs[] = {{"swim", "swims", "swam"},
                             {"drift", "drifts", "drifted"},
                             {"return", "returns", "returned"},
                             {"sink", "sinks", "sank"}};
constexpr std::string_view kSeaPlaces[] = {"in the harbour", "beyond the reef", "on the deck",
                                           "along the coast", "below the lighthouse"};

constexpr Noun kTownPeople[] = {{"merchant", "merchants"},
                                {"baker", "bakers"},
                                {"guard", "guards"},
                                {"thief", "thieves"},
                                {"judge", "judges"}};
constexpr Noun kTownThings[] = {{"house", "houses"},   {"coin", "coins"}, {"loaf", "loaves"},
                                {"letter", "letters"}, {"key", "keys"},   {"door", "doors"},
                                {"lamp", "lamps"},     {"shop", "shops"}, {"wagon", "wagons"}};
constexpr Verb kTownDoes[] = {{"buy", "buys", "bought"},
                              {"open", "opens", "opened"},
                              {"hide", "hides", "hid"},
                              {"carry", "carries", "carried"},
                              {"steal", "steals", "stole"}};
constexpr Verb kTownActs[] = {{"wait", "waits", "waited"},
                              {"argue", "argues", "argued"},
                              {"arrive", "arrives", "arrived"},
                              {"pay", "pays", "paid"}};
constexpr std::string_view kTownPlaces[] = {"at the market", "in the square", "beside the bridge",
                                            "inside the tower", "across the street"};

constexpr Noun kSchoolPeople[] = {
    {"teacher", "teachers"}, {"pupil", "pupils"}, {"writer", "writers"}, {"painter", "painters"}};
constexpr Noun kSchoolThings[] = {
    {"book", "books"},    {"picture", "pictures"},   {"word", "words"},
    {"story", "stories"}, {"desk", "desks"},         {"pen", "pens"},
    {"map", "maps"},      {"question", "questions"}, {"song", "songs"}};
constexpr Verb kSchoolDoes[] = {{"read", "reads", "read"},
                                {"draw", "draws", "drew"},
                                {"forget", "forgets", "forgot"},
                                {"explain", "explains", "explained"},
                                {"copy", "copies", "copied"}};
constexpr Verb kSchoolActs[] = {{"learn", "learns", "learned"},
                                {"listen", "listens", "listened"},
                                {"laugh", "laughs", "laughed"},
                                {"whisper", "whispers", "whispered"}};
constexpr std::string_view kSchoolPlaces[] = {"in the classroom", "at the window", "on the stairs",
                                              "before the lesson", "after the lesson"};

constexpr Noun kWoodPeople[] = {{"hunter", "hunters"},
                                {"traveller", "travellers"},
                                {"woodcutter", "woodcutters"},
                                {"child", "children"}};
constexpr Noun kWoodThings[] = {{"wolf", "wolves"}, {"fox", "foxes"},  {"tree", "trees"},
                                {"owl", "owls"},    {"deer", "deer"},  {"mouse", "mice"},
                                {"path", "paths"},  {"cave", "caves"}, {"mushroom", "mushrooms"}};
constexpr Verb kWoodDoes[] = {{"chase", "chases", "chased"},
                              {"find", "finds", "found"},
                              {"fear", "fears", "feared"},
                              {"hear", "hears", "heard"},
                              {"cross", "crosses", "crossed"}};
constexpr Verb kWoodActs[] = {{"hurry", "hurries", "hurried"},
                              {"climb", "climbs", "climbed"},
                              {"sing", "sings", "sang"},
                              {"vanish", "vanishes", "vanished"}};
constexpr std::string_view kWoodPlaces[] = {"in the forest", "by the river", "among the leaves",
                                            "between the rocks", "through the snow"};

constexpr Noun kZooPeople[] = {
    {"keeper", "keepers"}, {"visitor", "visitors"}, {"doctor", "doctors"}, {"wizard", "wizards"}};
constexpr Noun kZooThings[] = {
    {"zebra", "zebras"},       {"monkey", "monkeys"}, {"lizard", "lizards"},
    {"gazelle", "gazelles"},   {"parrot", "parrots"}, {"cage", "cages"},
    {"tortoise", "tortoises"}, {"bucket", "buckets"}, {"puzzle", "puzzles"}};
constexpr Verb kZooDoes[] = {{"amaze", "amazes", "amazed"},
                             {"wash", "washes", "washed"},
                             {"tease", "teases", "teased"},
                             {"touch", "touches", "touched"},
                             {"admire", "admires", "admired"}};
constexpr Verb kZooActs[] = {{"gaze", "gazes", "gazed"},
                             {"jump", "jumps", "jumped"},
                             {"doze", "dozes", "dozed"},
                             {"yawn", "yawns", "yawned"}};
constexpr std::string_view kZooPlaces[] = {"at the zoo", "behind the bars", "in the hot house",
                                           "under the palm trees", "beside the pool"};

constexpr Topic kTopics[kSentenceTopics] = {
    {kFarmPeople, kFarmThings, kFarmDoes, kFarmActs, kFarmPlaces},
    {kSeaPeople, kSeaThings, kSeaDoes, kSeaActs, kSeaPlaces},
    {kTownPeople, kTownThings, kTownDoes, kTownActs, kTownPlaces},
    {kSchoolPeople, kSchoolThings, kSchoolDoes, kSchoolActs, kSchoolPlaces},
    {kWoodPeople, kWoodThings, kWoodDoes, kWoodActs, kWoodPlaces},
    {kZooPeople, kZooThings, kZooDoes, kZooActs, kZooPlaces},
};

constexpr Verb kSee[] = {{"see", "sees", "saw"},
                         {"like", "likes", "liked"},
                         {"want", "wants", "wanted"},
                         {"need", "needs", "needed"},
                         {"know", "knows", "knew"}};
constexpr Verb kSay[] = {{"say", "says", "said"},
                         {"think", "thinks", "thought"},
                         {"believe", "believes", "believed"},
                         {"hope", "hopes", "hoped"}};
constexpr Verb kBe = {"are", "is", "was"};
constexpr std::string_view kAdjectives[] = {
    "old",   "young",  "small",   "big",   "quiet", "tired", "brave",  "white",
    "black", "hungry", "strange", "happy", "green", "heavy", "lonely", "wise"};
constexpr std::string_view kStates[] = {"late", "safe", "gone",  "ready",
                                        "cold", "lost", "alone", "asleep"};
constexpr std::string_view kNumbers[] = {"two", "three", "four", "five",
                                         "six", "seven", "ten",  "twelve"};
constexpr std::string_view kSomeMany[] = {"the", "some", "many", "these", "those", "all", "few"};
constexpr std::string_view kSomeOne[] = {"the", "a", "this", "that", "every", "no"};
constexpr std::string_view kWomen[] = {"anna", "clara", "ruth", "helen", "ida", "vera"};
constexpr std::string_view kMen[] = {"peter", "oscar", "martin", "hugo", "simon", "felix"};
constexpr std::string_view kSurnames[] = {"brook", "winter", "marsh", "carter", "stone"};
constexpr std::string_view kManners[] = {"slowly",  "often",  "together", "again",
                                         "quickly", "gladly", "today"};
constexpr std::string_view kTimes[] = {"yesterday", "last year", "last week",
                                       "one night", "long ago",  "that morning"};
constexpr std::string_view kDays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                      "friday", "saturday", "sunday"};
constexpr std::string_view kJoins[] = {"because", "while", "when", "although", "before", "until"};

// Who the verb agrees with.
enum class Person { kShe, kHe, kIt, kThey };
enum class Tense { kPresent, kPast };

class Writer {
 public:
  Writer(uint64_t seed, int topics) : random_(seed), topics_(topics) {}

  // Paragraphs of whole lines, until there are `words` words; a line's end counts as one.
  std::string Write(int64_t words) {
    words_ = 0;
    while (words_ < words) {
      topic_ = &kTopics[random_.Below(topics_)];
      tense_ = random_.Chance(60) ? Tense::kPast : Tense::kPresent;
      for (uint64_t lines = 3 + random_.Below(6); lines > 0 && words_ < words; --lines) Line();
    }
    return std::exchange(text_, {});
  }

 private:
  void Say(std::string_view word) {
    // A place or a time is several words.
    words_ += 1 + static_cast<int64_t>(std::count(word.begin(), word.end(), ' '));
    text_ += word;
    text_ += ' ';
  }

  void Line() {
    const uint64_t kind = random_.Below(100);
    if (kind < 10) {
      Question();
    } else if (kind < 18 && tense_ == Tense::kPast) {
      Say(random_.Pick(kTimes));
      Say(",");
      Clause(0);
      Say(".");
    } else if (kind < 26) {
      Say("on");
      Say(random_.Pick(kDays));
      Clause(0);
      Say(".");
    } else if (kind < 40) {
      Clause(0);
      Say(random_.Pick(kJoins));
      Clause(1);
      Say(".");
    } else if (kind < 50) {
      Speech();
    } else if (kind < 56) {
      Condition();
    } else {
      Clause(0);
      Say(".");
    }
    text_.back() = '\n';
    ++words_;
  }

  void Speech() {
    Say("\"");
    Clause(1);
    Say(",");
    Say("\"");
    const Person who = Name();
    SayVerb(random_.Pick(kSay), who);
    Say(".");
  }

  void Condition() {
    Say("if");
    Clause(1);
    Say(",");
    Say("then");
    Clause(1);
    Say(".");
  }

  void Question() {
    const bool many = random_.Chance(50);
    Say(tense_ == Tense::kPast ? "did" : many ? "do" : "does");
    NounPhrase(topic_->people, many, 1);
    Say(random_.Pick(topic_->does).many);
    NounPhrase(topic_->things, random_.Chance(50), 1);
    Say("?");
  }

  // A subject and what it does.
  void Clause(int depth) {
    const Person subject = Subject(depth);
    const uint64_t kind = random_.Below(100);
    if (kind < 45) {
      SayVerb(random_.Chance(70) ? random_.Pick(topic_->does) : random_.Pick(kSee), subject);
      Object(subject, depth);
      if (random_.Chance(30)) Say(random_.Pick(topic_->places));
    } else if (kind < 70) {
      SayVerb(random_.Pick(topic_->acts), subject);
      Say(random_.Chance(50) ? random_.Pick(topic_->places) : random_.Pick(kManners));
    } else if (kind < 82) {
      if (subject == Person::kThey && tense_ == Tense::kPast) {
        Say("were");
      } else {
        SayVerb(kBe, subject);
      }
      Say(random_.Chance(40) ? random_.Pick(kStates) : random_.Pick(kAdjectives));
    } else if (kind < 91 && depth == 0) {
      SayVerb(random_.Pick(kSay), subject);
      Say("that");
      Clause(depth + 1);
    } else {
      Say(tense_ == Tense::kPast ? "could" : "will");
      if (random_.Chance(25)) Say("not");
      Say(random_.Pick(topic_->acts).many);
      Say(random_.Pick(topic_->places));
    }
  }

  Person Subject(int depth) {
    const uint64_t kind = random_.Below(100);
    if (kind < 25) return Name();
    if (kind < 33) {
      Say("they");
      return Person::kThey;
    }
    if (kind < 41) {
      const bool she = random_.Chance(50);
      Say(she ? "she" : "he");
      return she ? Person::kShe : Person::kHe;
    }
    const bool many = random_.Chance(45);
    NounPhrase(random_.Chance(75) ? topic_->people : topic_->things, many, depth);
    return many ? Person::kThey : Person::kIt;
  }

  Person Name() {
    const bool she = random_.Chance(50);
    Say(she ? random_.Pick(kWomen) : random_.Pick(kMen));
    if (random_.Chance(20)) Say(random_.Pick(kSurnames));
    if (!random_.Chance(18)) return she ? Person::kShe : Person::kHe;
    Say("and");
    Say(random_.Chance(50) ? random_.Pick(kWomen) : random_.Pick(kMen));
    return Person::kThey;
  }

  void Object(Person subject, int depth) {
    const uint64_t kind = random_.Below(100);
    if (kind < 8) {
      constexpr std::string_view kSelf[] = {"herself", "himself", "itself", "themselves"};
      Say(kSelf[static_cast<int>(subject)]);
    } else if (kind < 16) {
      NounPhrase(topic_->things, true, 2);
      Say(",");
      NounPhrase(topic_->things, true, 2);
      Say("and");
      NounPhrase(topic_->things, random_.Chance(50), 2);
    } else {
      const bool many = random_.Chance(50);
      NounPhrase(random_.Chance(80) ? topic_->things : topic_->people, many, depth);
    }
  }

  // With an adjective or a relative clause, where depth allows it.
  void NounPhrase(std::span<const Noun> nouns, bool many, int depth) {
    std::string_view first = random_.Pick(kSomeOne);
    if (many) first = random_.Chance(25) ? random_.Pick(kNumbers) : random_.Pick(kSomeMany);
    const std::string_view adjective = random_.Chance(30) ? random_.Pick(kAdjectives) : "";
    const Noun& noun = random_.Pick(nouns);
    const std::string_view name = many ? noun.many : noun.one;
    const char next = adjective.empty() ? name[0] : adjective[0];
    const bool vowel = std::string_view("aeiou").find(next) != std::string_view::npos;
    Say(first == "a" && vowel ? "an" : first);
    if (!adjective.empty()) Say(adjective);
    Say(name);
    if (depth == 0 && random_.Chance(15)) {
      // The verb of the sentence agrees with a noun that is this far back.
      const bool people = nouns.data() == topic_->people.data();
      Say(people ? "who" : "that");
      SayVerb(random_.Pick(kSee), many ? Person::kThey : Person::kIt);
      NounPhrase(topic_->things, random_.Chance(50), depth + 1);
    }
  }

  void SayVerb(const Verb& verb, Person subject) {
    Say(tense_ == Tense::kPast ? verb.past : subject == Person::kThey ? verb.many : verb.one);
  }

  BuiltinRandom random_;
  uint64_t topics_;
  const Topic* topic_ = &kTopics[0];
  Tense tense_ = Tense::kPast;
  std::string text_;
  int64_t words_ = 0;
};

}  // namespace

std::vector<std::string> WriteSentences(uint64_t seed, int topics,
                                        const std::vector<int64_t>& words) {
  Writer writer(seed, topics);
  std::vector<std::string> texts;
  for (const int64_t n : words) texts.push_back(writer.Write(n));
  return texts;
}

}  // namespace graphrun

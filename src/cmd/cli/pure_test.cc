// Flags, units, tables, templates and frames: what scripts rely on character by character.
#include <gtest/gtest.h>

#include "cmd/cli/container/copy.h"
#include "cmd/cli/daemon/frames.h"
#include "cmd/cli/show/listing.h"
#include "cmd/cli/show/table.h"
#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/templates.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {
namespace {

const std::vector<FlagSpec> kSpecs = {{"detach", 'd', "", "x"},
                                      {"tty", 't', "", "x"},
                                      {"env", 'e', "list", "x"},
                                      {"last", 'n', "int", "x", "-1"},
                                      {"subnet", 0, "strings", "x"},
                                      {"memory", 'm', "bytes", "x"},
                                      {"network", 0, "network", "x", "", "net"}};

Result<ParsedWords> parse(std::vector<std::string> words, WordOrder order = WordOrder::kMixed) {
  return parse_words(kSpecs, words, order);
}

TEST(Flags, every_spelling_of_a_value_is_read) {
  const auto parsed =
      parse({"-dt", "-e", "A=1", "-eB=2", "-e=C=3", "--env=D=4", "-n5", "a", "--subnet", "x,y", "--net", "n", "b"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->flags.is_on("detach"));
  EXPECT_TRUE(parsed->flags.is_on("tty"));
  EXPECT_EQ(parsed->flags.list("env"), (std::vector<std::string>{"A=1", "B=2", "C=3", "D=4"}));
  EXPECT_EQ(parsed->flags.number("last"), 5);
  EXPECT_EQ(parsed->flags.list("subnet"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(parsed->flags.list("network"), std::vector<std::string>{"n"});
  EXPECT_EQ(parsed->arguments, (std::vector<std::string>{"a", "b"}));
}

TEST(Flags, words_after_the_image_belong_to_the_container) {
  const auto parsed = parse({"-d", "alpine", "ls", "-d", "--foo"}, WordOrder::kFlagsFirst);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->arguments, (std::vector<std::string>{"alpine", "ls", "-d", "--foo"}));
  EXPECT_EQ(parse({"--", "-d"})->arguments, std::vector<std::string>{"-d"});
}

TEST(Flags, a_switch_can_be_turned_off) {
  EXPECT_FALSE(parse({"--detach=false"})->flags.is_on("detach"));
  EXPECT_TRUE(parse({"--detach=false"})->flags.is_set("detach"));
}

TEST(Flags, errors_have_dockers_words) {
  EXPECT_EQ(parse({"--foo"}).error().what, "unknown flag: --foo");
  EXPECT_EQ(parse({"-dz"}).error().what, "unknown shorthand flag: 'z' in -z");
  EXPECT_EQ(parse({"--last"}).error().what, "flag needs an argument: --last");
  EXPECT_EQ(parse({"-n"}).error().what, "flag needs an argument: 'n' in -n");
  EXPECT_EQ(parse({"--last=x"}).error().what,
            "invalid argument \"x\" for \"-n, --last\" flag: strconv.ParseInt: parsing \"x\": invalid syntax");
  EXPECT_EQ(parse({"-m", "3x"}).error().what, "invalid argument \"3x\" for \"-m, --memory\" flag: invalid suffix: 'x'");
  EXPECT_EQ(parse({"-t=3"}).error().what,
            "invalid argument \"3\" for \"-t, --tty\" flag: strconv.ParseBool: parsing \"3\": invalid syntax");
}

TEST(Units, sizes) {
  EXPECT_EQ(*parse_size("64M"), 64 << 20);
  EXPECT_EQ(*parse_size("1.5g"), 1'610'612'736);
  EXPECT_EQ(*parse_size("1GiB"), 1 << 30);
  EXPECT_EQ(*parse_size("512"), 512);
  for (const char* wrong : {"", "m", "-1", "1xb", "1e9", "99999999999999999999g"})
    EXPECT_FALSE(parse_size(wrong).ok()) << wrong;
  EXPECT_EQ(show_size(7'390'000), "7.39MB");
  EXPECT_EQ(show_size(0), "0B");
  EXPECT_EQ(show_binary_size(25'276'510'208), "23.54GiB");
}

TEST(Units, times) {
  const WallTime now{1'795'382'240'500'000'000};
  EXPECT_EQ(*moment_parameter("10s", now), "1795382230.500000000");
  EXPECT_EQ(*moment_parameter("1795382230", now), "1795382230");
  EXPECT_EQ(show_age({0}, now), "");
}

TEST(Units, long_texts_are_cut_by_characters) {
  EXPECT_EQ(ellipsis("abcdef", 6), "abcdef");
  EXPECT_EQ(ellipsis("abcdefg", 6), "abcde…");
  EXPECT_EQ(ellipsis("äöüäöüä", 3), "äö…");
  EXPECT_EQ(short_id("sha256:0123456789abcdef"), "0123456789ab");
}

TEST(Table, columns_have_dockers_widths) {
  EXPECT_EQ(layout_table({{"ID", "NAME", "PORTS"}, {"0123456789ab", "x", ""}}),
            "ID             NAME      PORTS\n0123456789ab   x         \n");
}

std::string render(const std::string& format, const char* json) {
  const auto parsed = parse_template(format);
  if (!parsed.ok()) return "parse: " + parsed.error().what;
  const auto text = parsed->render(Json::parse(json));
  return text.ok() ? *text : "render: " + text.error().what;
}

TEST(Template, fields_and_values_print_as_in_go) {
  EXPECT_EQ(render("{{.A.B}} {{ .C }}", R"({"A":{"B":"x"},"C":3})"), "x 3");
  EXPECT_EQ(render("{{.}}", R"({"b":[1,2],"a":null})"), "map[a:<nil> b:[1 2]]");
  EXPECT_EQ(render("{{json .A}}", R"({"A":{"z":1,"a":"q"}})"), R"({"z":1,"a":"q"})");
  EXPECT_EQ(render("a\\tb\\n", "{}"), "a\tb\n");
  EXPECT_EQ(render(R"({{range .}}{{.}}{{"\n"}}{{end}})", "[1,2]"), "1\n2\n");
}

// Docker's client makes line breaks of "\n" in formats of lists alone.
TEST(Template, formats_of_single_objects_are_taken_as_they_are) {
  EXPECT_EQ(*show_objects({Json::parse(R"({"A":1})")}, R"({{.A}}\n{{"\n"}}x)"), "1\\n\nx\n");
}

TEST(Template, control_flow) {
  EXPECT_EQ(render("{{range .}}<{{.}}>{{else}}none{{end}}", "[1,2]"), "<1><2>");
  EXPECT_EQ(render("{{range .}}<{{.}}>{{else}}none{{end}}", "[]"), "none");
  EXPECT_EQ(render("{{range $k, $v := .}}{{$k}}={{$v}};{{end}}", R"({"b":2,"a":1})"), "a=1;b=2;");
  EXPECT_EQ(render("{{if .A}}yes{{else if .B}}b{{else}}no{{end}}", R"({"A":"","B":true})"), "b");
  EXPECT_EQ(render("{{with .A}}{{.B}}{{end}}", R"({"A":{"B":1}})"), "1");
  EXPECT_EQ(render("{{range $i, $n := .N}}{{if $i}}, {{end}}{{$n.IP}}{{end}}", R"({"N":[{"IP":"a"},{"IP":"b"}]})"),
            "a, b");
  EXPECT_EQ(render("a {{- 1 -}} b", "{}"), "a1b");
}

TEST(Template, functions) {
  const char* const networks = R"({"Networks":{"my-net":{"IP":"10.0.0.2"}},"Names":["/a","/b"]})";
  EXPECT_EQ(render(R"({{(index .Networks "my-net").IP}})", networks), "10.0.0.2");
  EXPECT_EQ(render(R"({{index .Names 1}} {{len .Names}} {{join .Names ","}})", networks), "/b 2 /a,/b");
  EXPECT_EQ(render(R"({{.Names | json}})", networks), R"(["/a","/b"])");
  EXPECT_EQ(render(R"({{if and (eq .A "x") (not .B)}}1{{end}})", R"({"A":"x","B":false})"), "1");
  EXPECT_EQ(render(R"({{printf "%-5s|%q" .A .A}})", R"({"A":"x"})"), "x    |\"x\"");
  EXPECT_EQ(render(R"({{upper .A}}{{lower "Q"}}{{title .A}})", R"({"A":"xy"})"), "XYqXy");
  EXPECT_EQ(render(R"({{slice .A 0 2}})", R"({"A":"wxyz"})"), "wx");
}

TEST(Template, errors_say_what_is_wrong) {
  EXPECT_NE(render("{{.B}}", R"({"A":1})").find("map has no entry for key \"B\""), std::string::npos);
  EXPECT_NE(render("{{.A", "{}").find("unclosed action"), std::string::npos);
  EXPECT_NE(render("{{frob .A}}", "{}").find("function \"frob\" not defined"), std::string::npos);
  EXPECT_NE(render("{{range .}}", "[]").find("unexpected EOF"), std::string::npos);
  EXPECT_NE(render("{{index .A 7}}", R"({"A":[]})").find("out of range"), std::string::npos);
  for (const char* text : {"{{", "{{}}", "{{(}}", "{{|}}", "{{.A |}}", "{{$x}}", "{{end}}", "{{else}}", "{{\"}}",
                           "{{1.2.3}}", "{{, }}", "{{range :=}}"}) {
    EXPECT_NE(render(text, "{}").find(": "), std::string::npos) << text;
  }
}

TEST(Frames, pieces_of_any_size_give_the_same_bytes) {
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    const std::string text(static_cast<size_t>(i * 7), static_cast<char>('a' + i));
    std::string header("\x01\0\0\0\0\0\0\0", 8);
    header[7] = static_cast<char>(text.size());
    bytes += header + text;
  }
  const auto read_in_pieces = [&](size_t size) {
    FrameReader reader;
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += size) {
      EXPECT_TRUE(
          reader.read(std::string_view(bytes).substr(i, size), [&](Stream, std::string_view text) { out += text; }));
    }
    return out;
  };
  const std::string whole = read_in_pieces(bytes.size());
  EXPECT_EQ(whole.size(), 7u * 190);
  for (const size_t size : {1, 3, 8, 100}) EXPECT_EQ(read_in_pieces(size), whole);
  FrameReader reader;
  EXPECT_FALSE(reader.read("hello world", [](Stream, std::string_view) {}));
}

TEST(DetachKeys, only_the_whole_sequence_detaches) {
  DetachKeys keys("ctrl-p,ctrl-q");
  EXPECT_EQ(keys.filter("ab\x10"), "ab");
  EXPECT_EQ(keys.filter("c"),
            "\x10"
            "c");
  EXPECT_FALSE(keys.is_complete());
  EXPECT_EQ(keys.filter("\x10\x11zz"), "");
  EXPECT_TRUE(keys.is_complete());
  DetachKeys none("ctrl-ä");
  EXPECT_EQ(none.filter("\x10\x11"), "\x10\x11");
}

TEST(Copy, ends_are_told_apart) {
  EXPECT_EQ(parse_copy_end("web:/etc/hosts").container, "web");
  EXPECT_EQ(parse_copy_end("web:/etc/hosts").path, "/etc/hosts");
  EXPECT_EQ(parse_copy_end("./a:b").container, "");
  EXPECT_EQ(parse_copy_end("/a:b").path, "/a:b");
  EXPECT_EQ(parse_copy_end("-").path, "-");
}

}  // namespace
}  // namespace skein::cli

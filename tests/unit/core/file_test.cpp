// SPDX-License-Identifier: Apache-2.0
#include "vitsim/core/file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vitsim/core/error.h"

#include "support/temporary_directory.h"

namespace vitsim {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(ReadFile, ReturnsAllBytesIncludingZeros) {
  const test::TemporaryDirectory directory;
  const std::string content("a\0b\n\xff", 5);
  EXPECT_EQ(text_of(directory.write("x", content)), content);
}

TEST(ReadFile, ReadsAnEmptyFile) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(text_of(directory.write("x", "")), "");
}

TEST(ReadFile, NamesTheFileAndTheReasonWhereThereIsNone) {
  EXPECT_THAT([] { read_file("no/such/file"); },
              ThrowsMessage<ModelError>(HasSubstr("no/such/file: cannot be opened: No such file")));
}

TEST(ReadFile, RefusesADirectory) {
  const test::TemporaryDirectory directory;
  EXPECT_THAT([&] { read_file(directory.path()); },
              ThrowsMessage<ModelError>(HasSubstr("got a directory, expected a regular file")));
}

TEST(ReadFile, RefusesAPipeWithoutWaitingForAWriter) {
  const test::TemporaryDirectory directory;
  const auto pipe = directory.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT([&] { read_file(pipe); }, ThrowsMessage<ModelError>(HasSubstr("got a special file")));
}

TEST(ReadFile, RefusesOneByteMoreThanTheLimit) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("x", "12345");
  EXPECT_EQ(read_file(path, 5).size(), 5U);
  EXPECT_THAT([&] { read_file(path, 4); },
              ThrowsMessage<ModelError>(HasSubstr("got a file of 5 bytes, expected at most 4")));
}

TEST(WriteFileAtomically, ReplacesTheContentAndLeavesNothingBeside) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("x", "a longer text than the new one");
  write_file_atomically(path, "new");
  EXPECT_EQ(text_of(path), "new");
  EXPECT_EQ(entries(directory.path()), 1U);
}

TEST(WriteFileAtomically, TakesTheLongestNameThatAFileSystemAllows) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / std::string(255, 'n');
  write_file_atomically(path, "x");
  EXPECT_EQ(text_of(path), "x");
}

TEST(WriteFileAtomically, SaysWhyItCannotWrite) {
  EXPECT_THAT([] { write_file_atomically("no/such/directory/x", ""); },
              ThrowsMessage<OutputError>(
                  HasSubstr("no/such/directory/x: cannot be written: No such file or directory")));
}

TEST(WriteFileAtomically, LeavesNothingBesideWhereRenamingFails) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "directory";
  std::filesystem::create_directory(path);
  EXPECT_THROW(write_file_atomically(path, "x"), OutputError);
  EXPECT_EQ(entries(directory.path()), 1U);
  EXPECT_EQ(entries(path), 0U);
}

TEST(WriteFileAtomically, WritesThroughALinkAndKeepsIt) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("x", "old");
  std::filesystem::create_symlink(path, directory.path() / "link");
  write_file_atomically(directory.path() / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(directory.path() / "link"));
  EXPECT_EQ(text_of(path), "new");
}

TEST(WriteFileAtomically, WritesIntoADeviceInsteadOfReplacingIt) {
  write_file_atomically("/dev/null", "x");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(WriteFileAtomically, ReportsAFullDevice) {
  EXPECT_THAT([] { write_file_atomically("/dev/full", "x"); },
              ThrowsMessage<OutputError>(HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace vitsim

#include "gateway/changelog/inbox.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::changelog {
namespace {

Submission About(const std::string& id) {
  Submission submission;
  submission.changes.push_back({{"items", id}, std::nullopt});
  return submission;
}

TEST(InboxTest, OnlyTheFirstWakesTheLoop) {
  Inbox inbox;
  EXPECT_TRUE(inbox.Add(About("1"), false));
  EXPECT_FALSE(inbox.Add(About("2"), false));
  EXPECT_FALSE(inbox.Add(About("3"), true));
  const Inbox::Taken taken = inbox.Take(false, true);
  ASSERT_EQ(taken.submissions.size(), 3u);
  EXPECT_EQ(taken.submissions[0].changes[0].key.id, "1");
  EXPECT_TRUE(taken.has_patient);
}

TEST(InboxTest, AfterUrgentOnesTheNextWakesItWhateverItIs) {
  Inbox inbox;
  for (const bool may_wait : {true, false}) {
    EXPECT_TRUE(inbox.Add(About("1"), false));
    EXPECT_FALSE(inbox.Take(false, true).has_patient);
    EXPECT_TRUE(inbox.Add(About("2"), may_wait));
    inbox.Take(false, false);
  }
}

TEST(InboxTest, PatientOnesDoNotWakeALoopThatComesBySoon) {
  Inbox inbox;
  EXPECT_TRUE(inbox.Add(About("1"), true)) << "nobody knows of it yet";
  EXPECT_TRUE(inbox.Take(false, true).has_patient);
  EXPECT_FALSE(inbox.Add(About("2"), true));
  EXPECT_TRUE(inbox.Add(About("3"), false));
  EXPECT_EQ(inbox.Take(true, true).submissions.size(), 2u);
  EXPECT_FALSE(inbox.Add(About("4"), true));
  EXPECT_TRUE(inbox.Take(false, true).has_patient);
  EXPECT_FALSE(inbox.Take(false, true).has_patient) << "none came: the loop does not come again";
  EXPECT_TRUE(inbox.Add(About("5"), true));
}

TEST(InboxTest, WithoutGatheringPatientOnesAreLikeOthers) {
  Inbox inbox;
  EXPECT_TRUE(inbox.Add(About("1"), true));
  EXPECT_FALSE(inbox.Take(false, false).has_patient);
  EXPECT_TRUE(inbox.Add(About("2"), true));
}

}  // namespace
}  // namespace entitysync::changelog

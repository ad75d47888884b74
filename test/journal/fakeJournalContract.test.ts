import { Effect } from "effect"
import { FakeJournal } from "../../src/testing/index.ts"
import { journalContract } from "../contract/journalContract.ts"

journalContract(
  "FakeJournal",
  Effect.sync(() => FakeJournal.layer())
)

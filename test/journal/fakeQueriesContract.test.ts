import { Effect } from "effect"
import { FakeJournal } from "../../src/testing/index.ts"
import { queriesContract } from "../contract/queriesContract.ts"

queriesContract(
  "FakeJournal",
  Effect.sync(() => FakeJournal.layer())
)

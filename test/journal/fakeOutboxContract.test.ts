import { Effect } from "effect"
import { FakeOutbox } from "../../src/testing/index.ts"
import { outboxContract } from "../contract/outboxContract.ts"

outboxContract(
  "FakeOutbox",
  Effect.sync(() => FakeOutbox.layer())
)

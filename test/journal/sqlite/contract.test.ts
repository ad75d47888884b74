import { Effect } from "effect"
import { journalContract } from "../../contract/journalContract.ts"
import { outboxContract } from "../../contract/outboxContract.ts"
import { journalIn, stateDirectory } from "./journalWorld.ts"

journalContract("SqliteJournal", Effect.map(stateDirectory, journalIn))

outboxContract("SqliteJournal", Effect.map(stateDirectory, journalIn))

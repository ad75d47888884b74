import { Effect } from "effect"
import { journalContract } from "../../contract/journalContract.ts"
import { journalIn, stateDirectory } from "./journalWorld.ts"

journalContract("SqliteJournal", Effect.map(stateDirectory, journalIn))

import { Effect } from "effect"
import { queriesContract } from "../../contract/queriesContract.ts"
import { journalAndQueriesIn, stateDirectory } from "./journalWorld.ts"

queriesContract("SqliteJournal", Effect.map(stateDirectory, journalAndQueriesIn))

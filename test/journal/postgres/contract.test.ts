import { Effect } from "effect"
import { journalContract } from "../../contract/journalContract.ts"
import { outboxContract } from "../../contract/outboxContract.ts"
import { queriesContract } from "../../contract/queriesContract.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { journalAndQueriesAt, journalAt, placeOn } from "./postgresWorld.ts"

onPostgres("on Postgres", (server) => {
  journalContract("PostgresJournal", Effect.map(placeOn(server), journalAt))
  outboxContract("PostgresJournal", Effect.map(placeOn(server), journalAt))
  queriesContract("PostgresJournal", Effect.map(placeOn(server), journalAndQueriesAt))
})

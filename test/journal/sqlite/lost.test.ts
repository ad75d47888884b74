import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { withLog } from "../../dispatch/support.ts"
import { intentOf } from "../../contract/attempts.ts"
import { database, once, query, read, removeDatabase, replaceDatabase, stateDirectory } from "./journalWorld.ts"

const LOST = /journal\.db: it is gone or empty, but identity\.json beside it says that there was one/

const filled = Effect.tap(stateDirectory, (directory) => once(directory, (journal) => journal.intend(intentOf(1))))

const losses: ReadonlyArray<readonly [string, (directory: string) => Effect.Effect<unknown>]> = [
  ["was removed", (directory) => Effect.sync(() => removeDatabase(directory))],
  ["was cut to nothing", (directory) => Effect.sync(() => replaceDatabase(directory, ""))],
  [
    "was cut to nothing while its write-ahead log stands",
    (directory) =>
      Effect.sync(() => {
        const log = fs.readFileSync(`${database(directory)}-wal`)
        replaceDatabase(directory, "")
        fs.writeFileSync(`${database(directory)}-wal`, log)
        assert.isAbove(log.length, 0)
      })
  ],
  [
    "was replaced by an empty database",
    (directory) =>
      Effect.suspend(() => {
        removeDatabase(directory)
        return query(directory, "VACUUM")
      })
  ]
]

describe("a journal that is lost while its state directory stands", () => {
  for (const [how, lose] of losses) {
    it.scopedLive(`${how}: is named once, with an alert, and begun anew`, () =>
      Effect.gen(function* () {
        const directory = yield* filled
        yield* lose(directory)
        const dry = yield* withLog(Effect.flatMap(read(directory), ({ open }) => open))
        assert.lengthOf(
          dry.lines.filter((line) => LOST.test(line)),
          1,
          "a dry run says it too"
        )
        const first = yield* withLog(once(directory, ({ open, notices }) => Effect.all([open, notices])))
        assert.lengthOf(
          first.lines.filter((line) => LOST.test(line)),
          1
        )
        const [open, alerts] = first.result
        assert.isEmpty(open)
        assert.deepStrictEqual(
          alerts.map(({ kind }) => kind),
          ["journal_lost"]
        )
        assert.match(alerts[0]?.text ?? "", LOST)
        const again = yield* withLog(once(directory, ({ notices }) => notices))
        assert.isEmpty(again.lines)
        assert.lengthOf(again.result, 1)
      })
    )
  }

  it.scopedLive("a new state directory has lost nothing, and neither has one whose first opening was cut", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      fs.mkdirSync(directory, { mode: 0o700 })
      fs.writeFileSync(database(directory), "")
      for (const { lines } of [
        yield* withLog(Effect.flatMap(read(directory), ({ open }) => open)),
        yield* withLog(once(directory, ({ open }) => open))
      ]) {
        assert.isEmpty(lines)
      }
    })
  )
})

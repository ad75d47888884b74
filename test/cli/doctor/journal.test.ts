import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Redacted, type Scope } from "effect"
import { vi } from "vitest"
import { journalFindings, gatherJournal, type JournalFacts } from "../../../src/cli/doctor/journal.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { isOnThisHost, shownAddress } from "../../../src/journal/postgres/address.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { besides, opened, placeOn, viewingAt, type Place } from "../../journal/postgres/postgresWorld.ts"
import { trackerOf } from "../../journal/postgres/trackers.ts"

vi.setConfig({ testTimeout: 60_000 })

const RUNS = Either.right([])
const said = (facts: JournalFacts) => journalFindings(facts, RUNS).map(({ level, what }) => `${level}: ${what}`)

const good = {
  place: "postgres://db.example/nightly",
  isEncrypted: true,
  isOnThisHost: false,
  progress: { isEmpty: false, isCurrent: true, last: 10 },
  known: 10
}

describe("doctor on the address of the journal", () => {
  it("warns of a connection over a network that is not encrypted, and says what the next run makes", () => {
    assert.deepStrictEqual(said(Either.right(good)), [
      "ok: Postgres (postgres://db.example/nightly), encrypted, may write, schema 10"
    ])
    const open = journalFindings(Either.right({ ...good, isEncrypted: false }), RUNS)
    assert.deepStrictEqual(
      open.map(({ level }) => level),
      ["ok", "warning"]
    )
    assert.match(open[1]?.what ?? "", /db\.example\/nightly is not encrypted/)
    assert.match(open[1]?.mend ?? "", /sslmode=verify-full/)
    const made = { isEmpty: true, isCurrent: false, last: 0 }
    assert.deepStrictEqual(said(Either.right({ ...good, isEncrypted: false, isOnThisHost: true, progress: made })), [
      "ok: Postgres (postgres://db.example/nightly), on this host, may write, the next run makes its tables"
    ])
    assert.match(
      said(Either.right({ ...good, progress: { ...made, isEmpty: false, last: 8 } }))[0] ?? "",
      /from schema 8 to 10/
    )
  })

  it("tells of records that cannot be read", () => {
    assert.deepStrictEqual(
      journalFindings(Either.right(good), Either.left("journal postgres://db.example/nightly: it is damaged")).map(
        ({ level }) => level
      ),
      ["problem"]
    )
  })

  it("names the server that is reached: the parameter host goes before the rest of the address", () => {
    const of = (address: string) => shownAddress(Redacted.make(address))
    assert.strictEqual(of("postgres://u:secret@db.example:5433/n?sslmode=require"), "postgres://db.example:5433/n")
    assert.strictEqual(of("postgres://u:secret@db.example/n?host=/run/pg"), "postgres:///run/pg/n")
    assert.strictEqual(of("postgres://%2Frun%2Fpg/n"), "postgres:///run/pg/n")
    assert.strictEqual(of("postgres:///n"), "postgres://localhost/n")
  })

  it("knows which hosts are this one", () => {
    const of = (address: string) => isOnThisHost(Redacted.make(address))
    for (const here of ["localhost", "127.0.0.1:5432", "[::1]", "%2Fvar%2Frun%2Fpostgresql", ""])
      assert.isTrue(of(`postgres://u@${here}/n`.replace("u@/", "/")), here)
    assert.isTrue(of("postgres:///n?host=/var/run/postgresql"))
    for (const away of ["db.example", "10.0.0.1", "localhost.example", "127.0.0.1.example"])
      assert.isFalse(of(`postgres://u@${away}/n`), away)
  })
})

onPostgres("doctor on a database", (server) => {
  const findings = (place: Place) =>
    gatherJournal({ ...defaultSettings, journal: place.address }).pipe(
      Effect.map((facts) => (facts === undefined ? [] : journalFindings(facts, RUNS))),
      Effect.provide([NodeExec.layer, NodeContext.layer, viewingAt(place)])
    )
  const databaseOf = ({ address }: Place) => new URL(Redacted.value(address)).pathname.slice(1)
  const run = (place: Place, ...statements: ReadonlyArray<string>) =>
    Effect.map(server, ({ run }) => run(databaseOf(place), ...statements).trim())

  it.scopedLive("that is empty, then used: is ok, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const place = yield* placeOn(server)
      const [empty] = yield* findings(place)
      assert.match(`${empty?.level}: ${empty?.what}`, /^ok: .*on this host, may write, the next run makes its tables$/)
      assert.strictEqual(yield* run(place, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")
      yield* Effect.scoped(opened(place))
      assert.match((yield* findings(place))[0]?.what ?? "", /may write, schema \d+$/)
      assert.strictEqual(yield* run(place, "SELECT count(*) FROM marks WHERE name = 'doctor'"), "0")
    })
  )

  const bad: ReadonlyArray<
    readonly [name: string, (place: Place) => Effect.Effect<Place, never, Scope.Scope>, what: RegExp, mend: RegExp]
  > = [
    ["a wrong password", (place) => Effect.succeed(withUser(place, "nightly")), /it refuses the login/, /Correct user/],
    [
      "a user who may not write",
      (place) =>
        Effect.gen(function* () {
          yield* Effect.scoped(Effect.orDie(opened(place)))
          const role = `reader_${databaseOf(place)}`
          yield* run(
            place,
            `CREATE ROLE ${role} LOGIN PASSWORD 'wrong-password-42'`,
            `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`
          )
          yield* Effect.addFinalizer(() => run(place, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`))
          return withUser(place, role)
        }),
      /this user may not write there \(permission denied for table marks\)/,
      /owner of the database/
    ],
    [
      "a database that is read-only",
      (place) =>
        Effect.as(run(place, `ALTER DATABASE ${databaseOf(place)} SET default_transaction_read_only = on`), place),
      /this user may not write there \(.*read-only/,
      /owner of the database/
    ],
    [
      "a later version's tables",
      (place) =>
        Effect.gen(function* () {
          yield* Effect.orDie(Effect.scoped(opened(place)))
          yield* run(place, "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (999, 'later')")
          return place
        }),
      /a newer version made it/,
      /Use that version/
    ],
    [
      "another tracker's hosts",
      (place) =>
        Effect.gen(function* () {
          yield* Effect.orDie(Effect.scoped(opened({ ...place, host: "vm-1", tracker: yield* trackerOf("one") })))
          return { ...(yield* besides(place)), tracker: yield* trackerOf("two") }
        }),
      /the journal of another tracker: vm-1 has the tracker one, this host has two/,
      /a database of its own/
    ]
  ]
  const withUser = (place: Place, user: string): Place => {
    const url = new URL(Redacted.value(place.address))
    Object.assign(url, { username: user, password: "wrong-password-42" })
    return { ...place, address: Redacted.make(url.href) }
  }
  for (const [name, breaking, what, mend] of bad)
    it.scopedLive(`with ${name}: a problem that says what to do, without the password`, () =>
      Effect.gen(function* () {
        const place = yield* breaking(yield* placeOn(server))
        const found = yield* findings(place)
        assert.deepStrictEqual(
          found.map(({ area, level }) => [area, level]),
          [["journal", "problem"]]
        )
        assert.match(found[0]?.what ?? "", what)
        assert.match(found[0]?.mend ?? "", mend)
        assert.notMatch(JSON.stringify(found), /wrong-password-42|moonshine/)
      })
    )
})

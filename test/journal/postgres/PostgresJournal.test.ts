import { assert, it } from "@effect/vitest"
import { Array as Arr, Context, Duration, Effect, Layer, Redacted } from "effect"
import { vi } from "vitest"
import { Actor } from "../../../src/domain/Actor.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { Notice } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { connect } from "../../../src/journal/postgres/connection.ts"
import { postgresFailures } from "../../../src/journal/postgres/failures.ts"
import { migrations } from "../../../src/journal/sql/migrations.ts"
import { intentOf } from "../../contract/attempts.ts"
import { beadsId } from "../../contract/support.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { silentProxy } from "../../postgres/silentProxy.ts"
import { besides, changed, journalAt, opened, placeOn, viewingAt, type Place } from "./postgresWorld.ts"

vi.setConfig({ testTimeout: 60_000 })

const refused = (place: Place) => Effect.flip(Effect.scoped(Effect.asVoid(Layer.build(journalAt(place)))))

/** The intent of the n-th attempt, at a bug of its own. */
const ofBug = (n: number) => intentOf(n, beadsId(`bd-${n}`))

const databaseOf = ({ address }: Place) => new URL(Redacted.value(address)).pathname.slice(1)

onPostgres("the journal on Postgres", (server) => {
  const place = placeOn(server)

  /** Three journals of one dispatcher on one database, each with connections of its own, as those of three processes. */
  const three = Effect.flatMap(place, (at) => Effect.forEach([at, at, at], opened))

  /** How many of these succeed, all at once; the others fail as `illegal`. */
  const atOnce = Effect.fnUntraced(function* <A>(
    calls: ReadonlyArray<Effect.Effect<A, { readonly reason: string; readonly message: string }>>
  ) {
    const [failures, successes] = Arr.separate(
      yield* Effect.forEach(calls, Effect.either, { concurrency: "unbounded" })
    )
    for (const { message, reason } of failures) assert.strictEqual(reason, "illegal", message)
    return successes
  })

  it.scopedLive("hosts that make the tables at once are all served, and each is one host", () =>
    Effect.gen(function* () {
      const first = yield* place
      const places = [first, yield* besides(first), yield* besides(first)]
      yield* Effect.forEach(places, opened, { concurrency: "unbounded" })
      const { run } = yield* server
      const counts = run(
        databaseOf(first),
        "SELECT (SELECT count(*) FROM effect_sql_migrations), (SELECT count(*) FROM hosts)"
      )
      assert.strictEqual(counts.trim(), `${migrations.length}|3`)
    })
  )

  it.scopedLive("an attempt that several connections open at once is opened once", () =>
    Effect.gen(function* () {
      const journals = yield* three
      for (const n of Arr.range(1, 20)) {
        const calls = [...journals, ...journals].map(({ intend }) => intend(ofBug(n)))
        assert.lengthOf(yield* atOnce(calls), 1)
      }
      for (const { open } of journals) assert.lengthOf(yield* open, 20)
    })
  )

  it.scopedLive("a step that several connections take at once is taken once", () =>
    Effect.gen(function* () {
      const journals = yield* three
      for (const n of Arr.range(1, 20)) {
        const intent = ofBug(n)
        for (const { intend } of journals.slice(0, 1)) yield* intend(intent)
        const calls = journals.map(({ advance }) => advance(intent.actor, { _tag: "Claimed" }))
        assert.lengthOf(yield* atOnce(calls), 1)
      }
    })
  )

  it.scopedLive("runs that begin at once have a number each, and a notice is new for one of them", () =>
    Effect.gen(function* () {
      const journals = yield* three
      for (const n of Arr.range(1, 10)) {
        const begins = journals.map(({ begin }, host) =>
          begin({ run: RunId.make(`20261122T0300${10 + n}Z-4f2a91c7d${host}`), host: `vm-${host}`, at: n })
        )
        assert.lengthOf(yield* atOnce(begins), 3)
        const notice = Notice.make({ key: `work_kept ${n}`, kind: "work_kept", text: "kept" })
        const news = yield* atOnce(journals.map((journal) => journal.notice(notice)))
        assert.lengthOf(
          news.filter((isNew) => isNew),
          1
        )
      }
    })
  )

  it.scopedLive("a later version's tables are left unchanged: exit 6", () =>
    Effect.gen(function* () {
      const at = yield* place
      yield* Effect.scoped(opened(at))
      const { run } = yield* server
      run(databaseOf(at), "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (999, 'later')")
      assert.deepInclude(yield* refused(at), { _tag: "JournalFailed", reason: "newer" })
    })
  )

  it.scopedLive("a connection that the server ends costs one call, and the next one works", () =>
    Effect.gen(function* () {
      const at = yield* place
      const journal = yield* opened(at)
      yield* journal.intend(ofBug(1))
      const { run } = yield* server
      run("postgres", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseOf(at)}'`)
      yield* Effect.sleep("100 millis")
      yield* Effect.ignore(journal.open)
      yield* journal.intend(ofBug(2))
      assert.lengthOf(yield* journal.open, 2)
    })
  )

  it.scopedLive("a server that swallows every byte fails each call in time, and is used again when it answers", () =>
    Effect.gen(function* () {
      const at = yield* place
      const { port } = yield* server
      const proxy = yield* silentProxy(port)
      const journal = yield* opened(
        changed(at, (url) => {
          url.port = String(proxy.port)
          url.searchParams.set("query_timeout", "3000")
        })
      )
      yield* journal.intend(ofBug(1))
      proxy.isSilent(true)
      const [took, failure] = yield* Effect.timed(Effect.flip(journal.intend(ofBug(2))))
      assert.match(failure.message, /the database does not answer \(Query read timeout\)/)
      assert.isBelow(Duration.toMillis(took), 15_000)
      proxy.isSilent(false)
      yield* journal.intend(ofBug(3))
      assert.deepInclude(yield* journal.open, yield* journal.find(Actor.make(intentOf(3).actor)))
    })
  )

  const failing: ReadonlyArray<readonly [name: string, change: (url: URL) => void, message: RegExp]> = [
    [
      "a wrong password",
      (url) => (url.password = "wrong-password-42"),
      /it refuses the login.*Correct user and password/
    ],
    [
      "no server at that port",
      (url) => (url.port = "1"),
      /the database does not answer.*ECONNREFUSED.*See whether it runs/
    ],
    ["no such database", (url) => (url.pathname = "/nowhere"), /the server has no such database.*createdb/],
    [
      "TLS asked of a server without it",
      (url) => url.searchParams.set("sslmode", "require"),
      /its address asks for TLS, and the server has none.*ssl = on/
    ]
  ]
  for (const [name, change, message] of failing)
    it.scopedLive(`${name}: one sentence that says what to do, without the password`, () =>
      Effect.gen(function* () {
        const at = changed(yield* place, change)
        const failure = yield* refused(at)
        assert.deepInclude(failure, { _tag: "JournalFailed", reason: "unusable" })
        assert.match(failure.message, message)
        const { password } = yield* server
        const views = yield* Layer.build(viewingAt(at))
        const shown = yield* Effect.flip(Context.get(views, JournalQueries).open)
        for (const text of [failure.message, JSON.stringify(failure), shown.message, String(at.address)])
          for (const secret of [password, "wrong-password-42"]) assert.notInclude(text, secret)
      })
    )

  it.scopedLive("the server drops what a client forgot", () =>
    Effect.gen(function* () {
      const at = changed(yield* place, (url) => url.searchParams.set("options", "-c statement_timeout=7s"))
      const { client } = yield* connect(at.address, postgresFailures("here"))
      const settings = yield* client<{ name: string; setting: string }>`SELECT name, setting FROM pg_settings
        WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'tcp_keepalives_idle',
          'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout') ORDER BY name`
      assert.deepStrictEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
        idle_in_transaction_session_timeout: "15000",
        lock_timeout: "20000",
        statement_timeout: "7000",
        tcp_keepalives_count: "3",
        tcp_keepalives_idle: "10",
        tcp_keepalives_interval: "5",
        tcp_user_timeout: "25000"
      })
    })
  )

  it.scopedLive("an empty database beside a state directory that had a journal: the run goes on, and says so", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* place, yield* place]
      yield* Effect.scoped(opened(first))
      const journal = yield* opened({ ...first, address: second.address })
      const notices = yield* journal.notices
      assert.deepStrictEqual(
        notices.map(({ kind }) => kind),
        ["journal_lost"]
      )
    })
  )
})

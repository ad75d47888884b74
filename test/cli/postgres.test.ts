import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { vi } from "vitest"
import { JournalCopy } from "../../src/index.ts"
import { database } from "../postgres/server.ts"
import { onPostgres } from "../postgres/shared.ts"
import { machine } from "./world.ts"

/** A busy machine needs this long. */
vi.setConfig({ testTimeout: 120_000 })

const BUGS = [{ id: "bd-1", title: "fault", priority: 0 }]

/** The text of every file below a directory. */
const textsBelow = (directory: string): string =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? fs.readFileSync(path.join(entry.parentPath, entry.name), "latin1") : []))
    .join("\n")

onPostgres("a run with its journal on Postgres", (server) => {
  it.scopedLive("dispatches, and status shows it; the password is in no output and no file", () =>
    Effect.gen(function* () {
      const on = yield* server
      const [host, name] = [yield* machine(BUGS), yield* database(on)]
      const env = { NIGHTLY_DISPATCH_JOURNAL: on.address(name), NIGHTLY_DISPATCH_WATCH: "never" }
      const run = yield* host.program(["run", "--log-level", "debug"], { env })
      assert.strictEqual(run.code, 0, run.stderr)
      assert.match(run.stderr, /DISPATCH_SUCCESS beads=bd-1/)
      const counts = on.run(name, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM attempts)")
      assert.strictEqual(counts.trim(), "1|1")
      const status = yield* host.program(["status"], { env })
      assert.include(status.stdout, "bd-1")
      const shown = yield* host.program(["config", "show"], { env })
      assert.match(shown.stdout, /^journal +=.*\*\*\*/m)
      for (const text of [run, status, shown].flatMap(({ stderr, stdout }) => [stderr, stdout]))
        assert.notInclude(text, on.password)
      assert.notInclude(textsBelow(host.root), on.password)
    })
  )

  it.scopedLive("is filled by journal copy, which says what it did and what is left to do, without the password", () =>
    Effect.gen(function* () {
      const on = yield* server
      const [host, name] = [yield* machine(BUGS), yield* database(on)]
      const env = { NIGHTLY_DISPATCH_JOURNAL: on.address(name) }
      const nowhere = yield* host.nd(["journal", "copy"])
      assert.deepStrictEqual([nowhere.code, nowhere.stdout], [1, ""])
      assert.match(
        nowhere.stderr,
        /the setting journal: it names no database.*NIGHTLY_DISPATCH_JOURNAL=ADDRESS nightly-dispatch journal copy/
      )
      const none = yield* host.nd(["journal", "copy", "--json"], { env })
      assert.strictEqual(none.code, 6, none.stderr)
      assert.match(JSON.parse(none.stdout).error.what, /there is no journal in SQLite/)
      const run = yield* host.nd(["run"])
      assert.strictEqual(run.code, 0, run.stderr)
      const dry = yield* host.nd(["journal", "copy", "--dry-run"], { env })
      assert.match(
        dry.stdout,
        /^would copy the journal\n(.*\n)+ +1 attempts\n(.*\n)+Copy them: nightly-dispatch journal copy\n$/
      )
      const copied = yield* host.nd(["journal", "copy"], { env })
      assert.match(
        copied.stdout,
        /^copied the journal\n(.*\n)+Write the address as the setting journal into .*only NIGHTLY_DISPATCH_JOURNAL names it/
      )
      const again = yield* host.nd(["journal", "copy", "--json"], { env })
      const { records, result } = yield* Schema.decodeUnknown(Schema.parseJson(JournalCopy))(again.stdout)
      assert.deepStrictEqual([result, records["runs"], records["attempts"]], ["already", 1, 1])
      const status = yield* host.nd(["status"], { env })
      assert.include(status.stdout, "bd-1")
      const settings = path.join(host.root, "home/.config/nightly-dispatch/nightly-dispatch.yaml")
      fs.mkdirSync(path.dirname(settings), { recursive: true })
      fs.writeFileSync(settings, `journal: "${on.address(name)}"\n`, { mode: 0o600 })
      const kept = yield* host.nd(["journal", "copy"])
      assert.match(kept.stdout, /^the database has this journal already.*\n(.*\n)+The next run uses the database/)
      for (const { stderr, stdout } of [none, dry, copied, again, kept]) assert.notInclude(stderr + stdout, on.password)
      const checked = yield* host.nd(["config", "check"], {
        env: { NIGHTLY_DISPATCH_JOURNAL: "postgres://nightly:moonshine@127.0.0.1:1/nightly" }
      })
      assert.strictEqual(checked.code, 0, "config check connects to nothing")
    })
  )

  it.scopedLive("whose database is away ends with exit 6 and claims nothing", () =>
    Effect.gen(function* () {
      const host = yield* machine(BUGS)
      const env = { NIGHTLY_DISPATCH_JOURNAL: "postgres://nightly:moonshine-4711-pass@127.0.0.1:1/nightly" }
      const { code, stderr, stdout } = yield* host.program(["run", "--json"], { env })
      assert.strictEqual(code, 6, stderr)
      assert.deepInclude(JSON.parse(stdout).error, { where: "journal postgres://127.0.0.1:1/nightly", exit: 6 })
      assert.match(JSON.parse(stdout).error.what, /^the database does not answer/)
      assert.notInclude(stdout + stderr, "moonshine")
      assert.strictEqual(yield* host.file("beads/fake-bd.log"), "", "nothing was changed in the tracker")
    })
  )
})

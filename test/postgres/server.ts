import { Effect, type Scope } from "effect"
import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"

/** The user `nobody`: Postgres does not run as root. */
const NOBODY = 65_534
const PASSWORD = "moonshine-4711-pass"

/** The directory of the newest Postgres of Debian; `undefined` if there is none. */
const programs = ((): string | undefined => {
  const root = "/usr/lib/postgresql"
  if (!fs.existsSync(root)) return undefined
  const versions = fs.readdirSync(root).toSorted((a, b) => Number(b) - Number(a))
  return versions
    .map((version) => path.join(root, version, "bin"))
    .find((bin) => fs.existsSync(path.join(bin, "initdb")))
})()

/** Whether tests can start a server here. CI must be able to. */
export const hasPostgres = programs !== undefined

if (!hasPostgres) {
  process.stderr.write(
    "SKIPPED: every test on Postgres, because it is not installed. On Debian: apt-get install postgresql\n"
  )
}

/** A server that listens on loopback only. */
export interface Server {
  /** The address of a database on it, of the user `nightly`. */
  readonly address: (database: string) => string
  readonly password: string
  /** Runs statements as the superuser, in the database; gives what `psql` prints. */
  readonly run: (database: string, ...statements: ReadonlyArray<string>) => string
  readonly port: number
  /** The number of the server's process. */
  readonly pid: number
  /** Ends the server at once, as a crash does, and starts it again on the same port. */
  readonly restart: () => Promise<void>
}

const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

const freePort = Effect.promise(
  () =>
    new Promise<number>((resolve, reject) => {
      const probe = net.createServer().once("error", reject)
      probe.listen(0, "127.0.0.1", () => {
        const address = probe.address()
        probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
      })
    })
)

const program = (name: string) => path.join(programs ?? "", name)

/** Runs a program of Postgres to its end. */
const toEnd = (name: string, args: ReadonlyArray<string>, options: { readonly cwd: string }): string => {
  const { error, status, stderr, stdout } = spawnSync(program(name), args, {
    ...asUser,
    ...options,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C" }
  })
  if (status !== 0) throw new Error(`${name}: ${error?.message ?? stderr}`)
  return stdout
}

const start = (directory: string, port: number) =>
  new Promise<ChildProcess>((resolve, reject) => {
    const settings = ["fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", "max_connections=120"]
    const place = [`unix_socket_directories=${directory}`, `port=${port}`]
    const args = [...settings, ...place].flatMap((setting) => ["-c", setting])
    const child = spawn(program("postgres"), ["-D", path.join(directory, "data"), ...args], {
      ...asUser,
      cwd: directory,
      env: { LC_ALL: "C" },
      stdio: ["ignore", "ignore", "pipe"]
    })
    let log = ""
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`postgres ended: ${log}`)))
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-20_000)
      if (/ready to accept connections/.test(log)) resolve(child)
    })
  })

/** `SIGINT`: closes its connections and writes what it has. `SIGQUIT`: ends at once, and recovers when it is started again. */
const stop = (child: ChildProcess, how: "SIGINT" | "SIGQUIT") =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill(how)
  })

/** A new server, without durability: fast, and gone with the scope. */
export const server: Effect.Effect<Server, never, Scope.Scope> = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nd-pg-"))),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
  )
  const passwords = path.join(directory, "password")
  fs.writeFileSync(passwords, `${PASSWORD}\n`)
  if ("uid" in asUser) for (const each of [directory, passwords]) fs.chownSync(each, NOBODY, NOBODY)
  const how = ["--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256", `--pwfile=${passwords}`]
  // Not "C": the order of texts must be the journal's own, whatever the database's is.
  const kind = [
    "--username=nightly",
    "--encoding=UTF8",
    "--locale-provider=icu",
    "--icu-locale=en-US",
    "--locale=C.UTF-8"
  ]
  toEnd("initdb", ["-D", path.join(directory, "data"), ...how, ...kind], { cwd: directory })
  const port = yield* freePort
  const running = yield* Effect.acquireRelease(
    Effect.promise(async () => ({ child: await start(directory, port) })),
    ({ child }) => Effect.promise(() => stop(child, "SIGINT"))
  )
  const asSuperuser = ["-h", directory, "-p", String(port), "-U", "nightly", "-v", "ON_ERROR_STOP=1", "-qAt"]
  return {
    address: (database) => `postgres://nightly:${PASSWORD}@127.0.0.1:${port}/${database}`,
    password: PASSWORD,
    run: (database, ...statements) =>
      toEnd("psql", [...asSuperuser, "-d", database, ...statements.flatMap((each) => ["-c", each])], {
        cwd: directory
      }),
    port,
    pid: running.child.pid ?? 0,
    restart: async () => {
      await stop(running.child, "SIGQUIT")
      running.child = await start(directory, port)
    }
  }
})

let made = 0

/** The name of a new database, which is dropped with the scope. */
export const database = ({ run }: Server): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const name = `journal_${++made}`
      run("postgres", `CREATE DATABASE ${name} TEMPLATE template0`)
      return name
    }),
    (name) => Effect.sync(() => run("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  )

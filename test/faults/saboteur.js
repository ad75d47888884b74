// Loaded into a dispatcher before it starts (`node --import`), to end it, stop it or fill its disk at one exact point.
//
//   SABOTAGE  {"at": POINT, "when": "before" | "during" | "after", "nth": 1, "act": "kill" | "SIGTERM" | "full" | "hold"}
//             "until": a file of the fake runner's that must be there first, for what happens during a child's life
//   POINT     "spawn:REGEX" a child whose command line matches; "journal:LABEL" a transaction of the journal (a step's
//             name, begin, end, alert); "open" the journal's first statement; "link:SUFFIX" and "write:SUFFIX" a file
//   SABOTAGE_GO  a file that ends a hold, which ends by itself after a while
//   CLOCK_OFFSET_MS  how far this process's clock is ahead
import { createClient } from "@libsql/client/sqlite3"
import childProcess from "node:child_process"
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import path from "node:path"

const offset = Number(process.env.CLOCK_OFFSET_MS ?? 0)
const plan = JSON.parse(process.env.SABOTAGE ?? "null")
const go = process.env.SABOTAGE_GO ?? ""
delete process.env.SABOTAGE
delete process.env.SABOTAGE_GO
delete process.env.CLOCK_OFFSET_MS

if (offset !== 0) {
  const now = Date.now
  Date.now = () => now() + offset
}

/** Less than a tool of this machine may take, and longer than a dispatcher that finds nothing to do. */
const HOLD_MS = 3_500

let seen = 0
const isIt = (kind, text) => {
  if (plan === null) return false
  const [at, ...rest] = plan.at.split(":")
  const wanted = rest.join(":")
  if (at !== kind || !(kind === "spawn" ? new RegExp(wanted).test(text) : text.endsWith(wanted))) return false
  return ++seen === (plan.nth ?? 1)
}
const act = () => {
  if (plan.act === "kill") {
    process.kill(process.pid, "SIGKILL")
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (plan.act.startsWith("SIG")) {
    fs.writeSync(2, `SABOTEUR: signal at ${Date.now() - offset}\n`)
    process.kill(process.pid, plan.act)
  }
  if (plan.act === "hold") {
    fs.writeSync(2, "SABOTEUR: held\n")
    for (let waited = 0; !fs.existsSync(go); waited += 20) {
      if (waited >= HOLD_MS) return void fs.writeSync(2, "SABOTEUR: let go\n")
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
const actLater = () => {
  const look = setInterval(() => {
    if (!fs.existsSync(path.join(process.env.FAKE_DX_DIR, plan.until))) return
    clearInterval(look)
    act()
  }, 20)
}
const isFull = () => plan.act === "full"
const noSpace = (file) =>
  Object.assign(new Error(`ENOSPC: no space left on device, write '${file}'`), {
    code: "ENOSPC",
    errno: -28,
    syscall: "write"
  })

const { spawn } = childProcess
childProcess.spawn = (command, args = [], options) => {
  const hit = isIt("spawn", [path.basename(String(command)), ...args].join(" "))
  if (hit && plan.when === "before") act()
  const child = spawn(command, args, options)
  if (hit && plan.when === "during") child.once("spawn", plan.until === undefined ? act : actLater)
  if (hit && plan.when === "after") child.once("exit", act)
  return child
}

const { link, writeFile } = fs.promises
fs.promises.link = async (from, to) => {
  const hit = isIt("link", String(to))
  if (hit && isFull()) throw noSpace(to)
  if (hit && plan.when === "before") act()
  await link(from, to)
  if (hit && plan.when === "after") act()
}
fs.promises.writeFile = async (file, ...rest) => {
  const hit = isIt("write", String(file))
  if (hit && isFull()) throw noSpace(file)
  if (hit && plan.when === "before") act()
  await writeFile(file, ...rest)
  if (hit && plan.when === "after") act()
}
const writeFileThen = fs.writeFile
fs.writeFile = (file, ...rest) => {
  const hit = isIt("write", String(file))
  const done = rest.pop()
  if (hit && isFull()) return done(noSpace(file))
  if (hit && plan.when === "before") act()
  writeFileThen(file, ...rest, (error) => {
    if (hit && plan.when === "after") act()
    done(error)
  })
}
syncBuiltinESMExports()

const probe = createClient({ url: ":memory:" })
const client = Object.getPrototypeOf(probe)
probe.close()

const labelOf = ({ args, sql }) => {
  if (/INSERT INTO steps/.test(sql)) return JSON.parse(args[2])._tag
  if (/INSERT INTO runs/.test(sql)) return "begin"
  if (/UPDATE runs/.test(sql)) return "end"
  return /INSERT INTO alerts/.test(sql) ? "alert" : undefined
}
const isPoint = (connection, text) => {
  if (/quick_check/.test(text)) return isIt("open", "")
  return /^\s*COMMIT/.test(text) && labels.has(connection) && isIt("journal", labels.get(connection))
}
const labels = new WeakMap()
const { execute } = client
client.execute = async function (statement) {
  const text = statement.sql ?? statement
  if (/^\s*BEGIN/.test(text)) labels.delete(this)
  const label = labelOf({ args: statement.args, sql: text })
  if (label !== undefined) labels.set(this, label)
  const hit = isPoint(this, text)
  if (hit && isFull()) throw new Error("SQLITE_FULL: database or disk is full")
  if (hit && plan.when === "before") act()
  const result = await execute.call(this, statement)
  if (hit && plan.when === "after") act()
  return result
}

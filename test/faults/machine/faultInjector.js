// Loaded into a dispatcher before its program (`node --import`). It kills or signals the dispatcher, fills its disk or holds
// it, or removes its state directory, at one exact point.
//
//   INJECT     {"at": POINT, "when": "before" | "during" | "after", "nth": 1, "act": "kill" | "SIGTERM" | "full" | "hold" | "vanish"}
//              "until": with "during" of a child, waits for this file of the fake runner first
//   POINT      "spawn:REGEX" a child process whose command line matches; "journal:LABEL" a transaction of the journal (the
//              name of a step, begin, end, alert, prune); "open" the journal's first statement; "lock:SUFFIX" the kernel
//              lock on a file and "free:SUFFIX" its end; "write:SUFFIX" a file; "remove:SUFFIX" a file or directory
//              "patience": how long a hold may last, in milliseconds
//   INJECT_GO  a hold ends when this file exists, or after its patience
//
// The clock of the dispatcher is that of `processClock.js`.
import childProcess from "node:child_process"
import fs from "node:fs"
import { createRequire, syncBuiltinESMExports } from "node:module"
import path from "node:path"
import { hostInterval, hostNow } from "./processClock.js"

const plan = JSON.parse(process.env.INJECT ?? "null")
const go = process.env.INJECT_GO ?? ""
delete process.env.INJECT
delete process.env.INJECT_GO

/** Shorter than the time limit of any tool here, and longer than a dispatcher needs that finds nothing to do. */
const PATIENCE = 3_500

let matches = 0
/** Whether this is the point of the plan: the nth event of this kind that matches. */
const isPoint = (kind, text) => {
  if (plan === null) return false
  const [at, ...rest] = plan.at.split(":")
  const wanted = rest.join(":")
  if (at !== kind || !(kind === "spawn" ? new RegExp(wanted).test(text) : text.endsWith(wanted))) return false
  return ++matches === (plan.nth ?? 1)
}
const act = () => {
  if (plan.act === "kill") {
    process.kill(process.pid, "SIGKILL")
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (plan.act.startsWith("SIG")) {
    fs.writeSync(2, `INJECTED: signal at ${hostNow()}\n`)
    process.kill(process.pid, plan.act)
  }
  if (plan.act === "vanish") {
    fs.rmSync(process.env.NIGHTLY_DISPATCH_STATE_DIR, { recursive: true })
    fs.writeSync(2, "INJECTED: state directory removed\n")
  }
  if (plan.act === "hold") {
    fs.writeSync(2, "INJECTED: held\n")
    for (let waited = 0; !fs.existsSync(go); waited += 20) {
      if (waited >= (plan.patience ?? PATIENCE)) return void fs.writeSync(2, "INJECTED: hold timed out\n")
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
const actWhenFileExists = () => {
  const timer = hostInterval(() => {
    if (!fs.existsSync(path.join(process.env.FAKE_DX_DIR, plan.until))) return
    clearInterval(timer)
    act()
  }, 20)
}
const isFull = () => {
  if (plan.act !== "full") return false
  fs.writeSync(2, "INJECTED: disk full\n")
  return true
}
const noSpace = (file) =>
  Object.assign(new Error(`ENOSPC: no space left on device, write '${file}'`), {
    code: "ENOSPC",
    errno: -28,
    syscall: "write"
  })

/** `sh -c SCRIPT NAME COMMAND …` is a command behind a gate: the point is the command, which runs once the gate has opened. */
const behindGate = (args) => (args[0] === "-c" && String(args[1]).includes('exec "$@"') ? args.slice(3) : undefined)

const { spawn } = childProcess
childProcess.spawn = (command, args = [], options) => {
  const gated = behindGate(args)
  const [name, ...rest] = gated ?? [command, ...args]
  const hit = isPoint("spawn", [path.basename(String(name)), ...rest].join(" "))
  if (hit && plan.when === "before") act()
  const child = spawn(command, args, options)
  const begun = plan?.until === undefined ? act : actWhenFileExists
  if (hit && plan.when === "during") {
    if (gated === undefined) child.once("spawn", begun)
    else child.stdin.once("finish", begun)
  }
  if (hit && plan.when === "after") child.once("exit", act)
  return child
}

const { writeFile } = fs.promises
fs.promises.writeFile = async (file, ...rest) => {
  const hit = isPoint("write", String(file))
  if (hit && isFull()) throw noSpace(file)
  if (hit && plan.when === "before") act()
  await writeFile(file, ...rest)
  if (hit && plan.when === "after") act()
}
const writeFileCallback = fs.writeFile
fs.writeFile = (file, ...rest) => {
  const hit = isPoint("write", String(file))
  const done = rest.pop()
  if (hit && isFull()) return done(noSpace(file))
  if (hit && plan.when === "before") act()
  writeFileCallback(file, ...rest, (error) => {
    if (hit && plan.when === "after") act()
    done(error)
  })
}
const remove = fs.rm
fs.rm = (file, ...rest) => {
  const hit = isPoint("remove", String(file))
  const done = rest.pop()
  if (hit && plan.when === "before") act()
  remove(file, ...rest, (error) => {
    if (hit && plan.when === "after") act()
    done(error)
  })
}
syncBuiltinESMExports()

/** The label of a statement that writes a step, a run or an alert; `undefined` for any other. */
const labelOf = (text, args) => {
  if (/INSERT INTO steps/.test(text)) return JSON.parse(args[2])._tag
  if (/INSERT INTO runs/.test(text)) return "begin"
  if (/UPDATE runs/.test(text)) return "end"
  if (/INTO marks/.test(text)) return "prune"
  return /INSERT INTO alerts/.test(text) ? "alert" : undefined
}

// The program is CommonJS, whose copy of the driver is another than that of ES modules.
const require = createRequire(import.meta.url)
const Driver = require("libsql")
require.cache[require.resolve("libsql")].exports = class extends Driver {
  /** Of the open transaction. */
  label = undefined
  constructor(file, options) {
    super(file, options)
    this.file = file
  }
  at(hit, execute) {
    if (hit && isFull()) throw new Error("SQLITE_FULL: database or disk is full")
    if (hit && plan.when === "before") act()
    const result = execute()
    if (hit && plan.when === "after") act()
    return result
  }
  isJournalPoint(text) {
    if (/quick_check/.test(text)) return isPoint("open", "")
    return /^\s*COMMIT/.test(text) && this.label !== undefined && isPoint("journal", this.label)
  }
  exec(text) {
    const isTaken = /BEGIN IMMEDIATE; PRAGMA user_version/.test(text) && isPoint("lock", this.file)
    return this.at(isTaken || (text === "ROLLBACK" && isPoint("free", this.file)), () => super.exec(text))
  }
  prepare(text) {
    const statement = super.prepare(text)
    for (const method of ["all", "run"]) {
      const execute = statement[method].bind(statement)
      statement[method] = (args) => {
        if (/^\s*BEGIN/.test(text)) this.label = undefined
        this.label = labelOf(text, args) ?? this.label
        return this.at(this.isJournalPoint(text), () => execute(args))
      }
    }
    return statement
  }
}

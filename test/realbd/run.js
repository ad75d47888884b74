#!/usr/bin/env node
// Runs the tests of this directory on real releases of bd:
//
//   npm run test:bd -- /path/to/bd [more paths]
//   npm run test:bd                              on those that .ci/real-bd has built
//   npm run test:bd -- /path/to/bd -- races      words behind the second `--` are vitest's: here, the files to run
//
// Several releases are tested at the same time; the output of each is printed when it ends.
//
// Exit code: 0 all passed, 1 a test failed, 2 there is no bd to run on or a path is none.
import { spawn, spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"

const here = path.dirname(fileURLToPath(import.meta.url))
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "nightly-dispatch", "bd")

const unusable = (problem) => {
  console.error(`test:bd: ${problem}\nusage: npm run test:bd -- /path/to/bd [more paths]`)
  process.exit(2)
}

const built = () =>
  fs.existsSync(cache)
    ? fs
        .readdirSync(cache)
        .map((version) => path.join(cache, version, "bd"))
        .filter((file) => fs.existsSync(file))
    : []

/** The bd at a path with its version; ends the program where there is none. */
const binary = (given) => {
  const file = path.resolve(process.env.INIT_CWD ?? ".", given)
  const { error, status, stdout, stderr } = spawnSync(file, ["version"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000
  })
  if (error) unusable(`${file} cannot be run: ${error.message}`)
  const version = /^bd version (\d+\.\d+\.\d+)/m.exec(stdout)?.[1]
  if (status !== 0 || version === undefined)
    unusable(`${file} is not bd: \`version\` said ${JSON.stringify((stdout + stderr).slice(0, 200))} (exit ${status})`)
  return { file, version }
}

const compare = (one, other) => {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number))
  const at = a.findIndex((number, i) => number !== b[i])
  return at === -1 ? 0 : a[at] - b[at]
}

/** The environment of the tests: nothing of the user's, and no metrics. */
const environment = (root) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BD|BEADS|DOLT)_/.test(name))),
  HOME: path.join(root, "home"),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  BD_DISABLE_METRICS: "1",
  DO_NOT_TRACK: "1"
})

/** Makes an empty database with `bd init` and gives its `.beads` directory, which each test copies. */
const template = ({ file, version }, root, env) => {
  const repo = path.join(root, "repo")
  fs.mkdirSync(env.HOME)
  fs.mkdirSync(repo)
  const run = (command, args) =>
    spawnSync(command, args, {
      cwd: repo,
      env: { ...env, BD_NO_DAEMON: "1", BEADS_NO_DAEMON: "1", BD_NON_INTERACTIVE: "1" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000
    })
  run("git", ["init", "-q"])
  const help = run(file, ["init", "--help"]).stdout ?? ""
  const less = ["--skip-hooks", "--skip-agents"].filter((flag) => help.includes(flag))
  const { error, status, stderr } = run(file, ["init", "--prefix", "bd", "-q", ...less])
  const beads = path.join(repo, ".beads")
  if (error || status !== 0 || !fs.existsSync(beads))
    unusable(`bd ${version} (${file}) cannot make a database here: ${error?.message ?? `exit ${status}: ${stderr}`}`)
  return beads
}

const VITEST = fileURLToPath(new URL("./vitest.mjs", import.meta.resolve("vitest/package.json")))

/** A directory of its own for one bd, with its environment and its empty database. */
const prepared = (bd) => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "nightly-dispatch-real-bd-"))
  process.on("exit", () => fs.rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }))
  const env = environment(root)
  return { ...bd, env, beads: template(bd, root, env) }
}

/** The newest release before this one whose database is a Dolt one too, so that this one can migrate it. */
const olderThan = (bd, all) =>
  all
    .filter(({ version }) => compare(version, "0.62.0") >= 0 && compare(version, bd.version) < 0)
    .sort((a, b) => compare(b.version, a.version))[0]

/** Runs the tests on one bd; their output goes to `stdio`. */
const tests = (bd, stdio, older, words) =>
  new Promise((resolve) => {
    const start = Date.now()
    const title = `\n== bd ${bd.version} (${bd.file})`
    if (stdio === "inherit") console.log(title)
    const child = spawn(process.execPath, [VITEST, "run", "--config", path.join(here, "vitest.config.ts"), ...words], {
      env: {
        ...bd.env,
        REAL_BD: bd.file,
        REAL_BD_TEMPLATE: bd.beads,
        ...(older === undefined ? {} : { REAL_BD_OLDER: older.file, REAL_BD_OLDER_TEMPLATE: older.beads })
      },
      stdio: ["ignore", stdio, stdio]
    })
    let output = ""
    child.stdout?.on("data", (chunk) => (output += String(chunk)))
    child.stderr?.on("data", (chunk) => (output += String(chunk)))
    child.on("close", (code) => {
      if (stdio === "pipe") console.log(`${title}\n${output}`)
      resolve({ ...bd, passed: code === 0, seconds: Math.round((Date.now() - start) / 1000) })
    })
  })

const given = process.argv.slice(2)
const end = given.includes("--") ? given.indexOf("--") : given.length
const paths = given.slice(0, end)
const binaries = (paths.length > 0 ? paths : built()).map(binary)
if (binaries.length === 0) unusable(`no bd was named, and none has been built in ${cache}`)
const all = binaries.map(prepared)
const words = given.slice(end + 1)
const results = await Promise.all(
  all.map((bd) => tests(bd, all.length > 1 ? "pipe" : "inherit", olderThan(bd, all), words))
)
for (const { file, version, passed, seconds } of results)
  console.log(`bd ${version}: ${passed ? "passed" : "FAILED"} in ${seconds} s (${file})`)
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1

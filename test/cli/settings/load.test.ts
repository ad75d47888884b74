import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, Schema, type Scope } from "effect"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import { Settings } from "../../../src/domain/Settings.ts"
import { fromText } from "../../../src/settings/fileText.ts"
import { SETTINGS, SETTINGS_KEYS, type SettingsKey } from "../../../src/settings/keys.ts"
import { loadSettings, type SettingsInput } from "../../../src/settings/load.ts"
import { ConfigInvalid } from "../../../src/settings/problems.ts"
import { nearest } from "../../../src/domain/spelling.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { Exec } from "../../../src/exec/Exec.ts"

/** A fresh directory with `cwd`, `home` and the files given by their path in it; loads the settings from there. */
const world = Effect.fn("world")(function* (files: Record<string, string> = {}) {
  const fs = yield* FileSystem.FileSystem
  const root = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "settings-" }), (dir) => fs.realPath(dir))
  for (const directory of ["cwd", "home/.config/nightly-dispatch", "etc"]) {
    yield* fs.makeDirectory(`${root}/${directory}`, { recursive: true })
  }
  for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(`${root}/${name}`, text)
  const load = (input: Partial<SettingsInput> = {}) =>
    loadSettings({
      flags: {},
      environment: {},
      configFile: undefined,
      cwd: `${root}/cwd`,
      home: `${root}/home`,
      ...input
    })
  const accepted = Effect.dieMessage("these settings were accepted")
  const problems = (input: Partial<SettingsInput> = {}) => Effect.flip(Effect.zipRight(load(input), accepted))
  return { root, load, problems }
})

const FILE = "cwd/nightly-dispatch.yaml"
const live = <E>(name: string, test: Effect.Effect<void, E, Exec | NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(test, [NodeContext.layer, NodeExec.layer]))

/** Two valid values of each setting in the form a variable has, with what the decoded setting then is. */
const SAMPLES: Record<SettingsKey, readonly [text: string, encoded: unknown]> = {
  repo: ["some-repo", "some-repo"],
  repoPath: ["/srv/repo", "/srv/repo"],
  stateDir: ["/srv/state", "/srv/state"],
  journal: ["postgres://me:pass@db.test/nightly", "postgres://me:pass@db.test/nightly"],
  providers: ["gemini, opencode", [{ name: "gemini" }, { name: "opencode" }]],
  providerHealth: ["false", false],
  watch: ["never", "never"],
  schedule: ["0 6-13 * * *", "0 6-13 * * *"],
  "intake.types": ["bug,task", ["bug", "task"]],
  "intake.maxPriority": ["2", 2],
  "intake.includeLabels": ["a,b", ["a", "b"]],
  "intake.excludeLabels": ["c", ["c"]],
  "intake.hostTags": ["needs-gpu=gpu, big=disk", { "needs-gpu": "gpu", big: "disk" }],
  "intake.skipExistingWork": ["false", false],
  "host.id": ["box-1", "box-1"],
  "host.name": ["vm-1", "vm-1"],
  "host.tags": ["gpu, big-disk", ["gpu", "big-disk"]],
  "limits.maxParallel": ["7", 7],
  "limits.maxDispatches": ["7", 7],
  "limits.overloadThreshold": ["7", 7],
  "limits.maxAttempts": ["7", 7],
  "limits.maxRuntime": ["7 min", "7 min"],
  "limits.warmUp": ["7 h", "7 h"],
  "limits.minFreeDisk": ["0", "0 MiB"],
  "limits.minFreeInodes": ["7", 7],
  "limits.jobsPerNight": ["7", 7],
  "limits.agentMinutesPerNight": ["7", 7],
  "limits.jobsPerBug": ["7", 7],
  "limits.agentMinutesPerBug": ["7", 7],
  "limits.tokensPerNight": ["7", 7],
  "limits.costPerNight": ["7.5", 7.5],
  "limits.budgetMode": ["hard", "hard"],
  "hostGate.maxLoadPerCore": ["1.5", 1.5],
  "hostGate.minFreeMemory": ["7 GiB", "7 GiB"],
  "timeouts.beads": ["7 s", "7 s"],
  "timeouts.preflight": ["7 s", "7 s"],
  "timeouts.hedgeAfter": ["7 s", "7 s"],
  "timeouts.ack": ["7 s", "7 s"],
  "timeouts.workspace": ["7 s", "7 s"],
  "timeouts.run": ["7 min", "7 min"],
  "beads.backend": ["jsonl", "jsonl"],
  "beads.path": ["/opt/bd", "/opt/bd"],
  "beads.dir": ["/srv/.beads", "/srv/.beads"],
  "beads.allowMigration": ["true", true],
  "beads.maxOutput": ["7", "7 MiB"],
  "runner.backend": ["local", "local"],
  "runner.path": ["/opt/dx-runner", "/opt/dx-runner"],
  "runner.requireCommit": ["true", true],
  "workspace.backend": ["git", "git"],
  "workspace.root": ["/srv/work", "/srv/work"],
  "workspace.base": ["develop", "develop"],
  "workspace.allowFilters": ["crypt, secret", ["crypt", "secret"]],
  "workspace.push": ["origin", "origin"],
  "verify.command": ["npm, test", ["npm", "test"]],
  "verify.timeout": ["7 min", "7 min"],
  "verify.before": ["true", true],
  "prompt.template": ["/srv/prompt.txt", "/srv/prompt.txt"],
  "retention.journal": ["7 d", "7 d"],
  "retention.logs": ["7 d", "7 d"],
  "retention.logSize": ["7 MiB", "7 MiB"],
  "environment.pass": ["MY_*, GITHUB_TOKEN", ["MY_*", "GITHUB_TOKEN"]],
  "alerts.slack": ["https://hooks.test/1", "https://hooks.test/1"],
  "alerts.webhook": ["https://hooks.test/2", "https://hooks.test/2"],
  "alerts.webhookSecret": ["shared secret", "shared secret"],
  "alerts.mail": ["a@test, b@test", ["a@test", "b@test"]],
  "alerts.sendmail": ["/opt/sendmail", "/opt/sendmail"],
  "alerts.command": ["notify, --all", ["notify", "--all"]],
  "alerts.kinds": ["review=digest, fallback = off", { review: "digest", fallback: "off" }],
  "alerts.onFallback": ["false", false],
  "alerts.onNoProvider": ["false", false],
  "alerts.onFailure": ["false", false],
  "alerts.repeatAfter": ["7 min", "7 min"],
  "alerts.reviewAfter": ["7 d", "7 d"],
  "alerts.quietHours": ["22:00-07:00", "22:00-07:00"],
  "alerts.digestAt": ["07:00", "07:00"],
  "alerts.deadMan": ["https://ping.test/1", "https://ping.test/1"]
}

const pick = (value: unknown, key: string): unknown =>
  key.split(".").reduce<unknown>((inner, part) => Reflect.get(Object(inner), part), value)

const encode = (settings: Settings): unknown => Schema.encodeSync(Settings)(settings)

const nestedUnder = (key: string, value: unknown): Record<string, unknown> =>
  key.split(".").reduceRight<Record<string, unknown>>((inner, part) => ({ [part]: inner["value"] ?? inner }), { value })

describe("where settings come from", () => {
  live(
    "bd-XXXX.4.1 with nothing configured: the spec's chain and limits, and no machine or repository by name",
    Effect.gen(function* () {
      const { load } = yield* world()
      const { file, settings, sources } = yield* load({ home: undefined })
      assert.deepStrictEqual(settings, defaultSettings)
      assert.deepStrictEqual(
        settings.providers.map(({ name }) => name as string),
        ["opencode", "cc-glm", "gemini"]
      )
      assert.isUndefined(file)
      assert.deepStrictEqual([...sources.keys()], [...SETTINGS_KEYS])
      assert.deepStrictEqual([...new Set(sources.values())], ["default"])
      assert.notInclude(JSON.stringify(encode(settings)), "epyc")
    })
  )

  for (const key of SETTINGS_KEYS) {
    live(
      `bd-XXXX.4.1 ${key} is set by its variable, by the file and by a flag`,
      Effect.gen(function* () {
        const [text, encoded] = SAMPLES[key]
        const { variable } = SETTINGS[key]
        const { load, root } = yield* world({ [FILE]: JSON.stringify(nestedUnder(key, encoded)) })
        const cwd = `${root}/etc`
        const byEnv = yield* load({ cwd, environment: { [variable]: text } })
        assert.deepStrictEqual(pick(encode(byEnv.settings), key), encoded)
        assert.strictEqual(byEnv.sources.get(key), variable)
        const byFile = yield* load()
        assert.deepStrictEqual(pick(encode(byFile.settings), key), encoded)
        assert.strictEqual(byFile.sources.get(key), `file ${root}/${FILE}`)
        const byFlag = yield* load({ cwd, flags: nestedUnder(key, encoded) })
        assert.deepStrictEqual(pick(encode(byFlag.settings), key), encoded)
        assert.strictEqual(byFlag.sources.get(key), "flag")
        const others = SETTINGS_KEYS.filter((other) => other !== key && other !== "stateDir")
        assert.deepStrictEqual([...new Set(others.map((other) => byEnv.sources.get(other)))], ["default"])
      })
    )
  }

  live(
    "flags before environment before file before defaults, key by key, and a list replaces a list",
    Effect.gen(function* () {
      const text = `
repo: of-file
providers: [gemini, { name: opencode, model: zai/glm-5 }]
intake: { types: [bug, task, chore], excludeLabels: [wip] }
limits: { maxParallel: 4, maxDispatches: 5, maxAttempts: 6 }
alerts: { onFallback: false, onFailure: false }
timeouts: { ack: 11 s, run: 12 min }
`
      const { load, root } = yield* world({ [FILE]: text })
      const { settings, sources } = yield* load({
        environment: {
          NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "8",
          NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "9",
          NIGHTLY_DISPATCH_INTAKE_TYPES: "task",
          NIGHTLY_DISPATCH_ALERTS_ON_FALLBACK: "true",
          NIGHTLY_DISPATCH_TIMEOUTS_ACK: "21 s"
        },
        flags: { limits: { maxParallel: 1, maxDispatches: undefined }, providers: ["cc-glm"] }
      })
      const { limits } = settings
      assert.deepStrictEqual(
        [limits.maxParallel, limits.maxDispatches, limits.maxAttempts, limits.overloadThreshold],
        [1, 9, 6, 10]
      )
      assert.deepStrictEqual(encode(settings), {
        ...Object(encode(settings)),
        repo: "of-file",
        providers: [{ name: "cc-glm" }]
      })
      assert.deepStrictEqual([settings.intake.types, settings.intake.excludeLabels], [["task"], ["wip"]])
      assert.deepStrictEqual([settings.alerts.onFallback, settings.alerts.onFailure], [true, false])
      assert.deepStrictEqual(Duration.toMillis(settings.timeouts.ack), 21_000)
      assert.deepStrictEqual(Duration.toMillis(settings.timeouts.run), 720_000)
      assert.strictEqual(sources.get("limits.maxParallel"), "flag")
      assert.strictEqual(sources.get("limits.maxDispatches"), "NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES")
      assert.strictEqual(sources.get("limits.maxAttempts"), `file ${root}/${FILE}`)
      assert.strictEqual(sources.get("limits.overloadThreshold"), "default")
    })
  )

  live(
    "bd-XXXX.4.1 the fallback chain is configurable: other providers, another order, a model each",
    Effect.gen(function* () {
      const { load } = yield* world({
        [FILE]:
          "providers:\n  - gemini\n  - name: my-own\n    model: big\n    command: [my-agent, '{promptFile}']\n    preflight: model\n"
      })
      const { settings } = yield* load()
      assert.deepStrictEqual(Object(encode(settings)).providers, [
        { name: "gemini" },
        { name: "my-own", model: "big", command: ["my-agent", "{promptFile}"], preflight: "model" }
      ])
    })
  )

  live(
    "a provider named by a flag or a variable gets the model and command that the file describes",
    Effect.gen(function* () {
      const { load } = yield* world({
        [FILE]: "providers: [gemini, { name: my-own, model: big, command: [my-agent, '{promptFile}'] }]\n"
      })
      const described = { name: "my-own", model: "big", command: ["my-agent", "{promptFile}"] }
      const byFlag = yield* load({ flags: { providers: ["my-own", "other"] } })
      assert.deepStrictEqual(Object(encode(byFlag.settings)).providers, [described, { name: "other" }])
      const byVariable = yield* load({ environment: { NIGHTLY_DISPATCH_PROVIDERS: "my-own" } })
      assert.deepStrictEqual(Object(encode(byVariable.settings)).providers, [described])
    })
  )

  live(
    "variables of other programs give defaults: a file outweighs them",
    Effect.gen(function* () {
      const { load } = yield* world({ "etc/other.yaml": "beads: { dir: /of/file }\nalerts: { slack: http://x }\n" })
      const environment = {
        BEADS_DIR: "/b/.beads",
        DX_RUNNER_PATH: "/opt/dx runner",
        SLACK_WEBHOOK: "https://hooks.test/2"
      }
      const { settings, sources } = yield* load({ environment })
      assert.deepStrictEqual(
        [settings.beads.dir, settings.runner.path, settings.alerts.slack],
        ["/b/.beads", "/opt/dx runner", "https://hooks.test/2"]
      )
      assert.strictEqual(sources.get("beads.dir"), "default ($BEADS_DIR)")
      const other = yield* load({ environment, configFile: "../etc/other.yaml" })
      assert.deepStrictEqual([other.settings.beads.dir, other.settings.alerts.slack], ["/of/file", "http://x"])
    })
  )

  live(
    "paths: ~ and $HOME, relative to the directory they were written in; a bare program stays a name",
    Effect.gen(function* () {
      const { load, root } = yield* world({
        "etc/c.yaml":
          "repoPath: ../there\nstateDir: ~/state\nbeads: { path: my-bd, dir: '${HOME}/b' }\nrunner: { path: ./dx }\n"
      })
      const { settings } = yield* load({
        configFile: `${root}/etc/c.yaml`,
        environment: { NIGHTLY_DISPATCH_WORKSPACE_ROOT: "w", XDG_STATE_HOME: "relative/is/ignored" }
      })
      assert.strictEqual(settings.repoPath, `${root}/there`)
      assert.strictEqual(settings.stateDir, `${root}/home/state`)
      assert.strictEqual(settings.beads.path, "my-bd")
      assert.strictEqual(settings.beads.dir, `${root}/home/b`)
      assert.strictEqual(settings.runner.path, `${root}/etc/dx`)
      assert.strictEqual(settings.workspace.root, `${root}/cwd/w`)
      const homeless = yield* Effect.flip(load({ configFile: `${root}/etc/c.yaml`, home: undefined }))
      assert.deepStrictEqual(
        homeless.problems.map(({ column, line, path, source }) => [path, source, line, column]),
        [
          ["stateDir", `file ${root}/etc/c.yaml`, 2, 1],
          ["beads.dir", `file ${root}/etc/c.yaml`, 3, 23]
        ]
      )
    })
  )

  live(
    "the file is the named one, else the one here, else the user's own; only a named one must exist",
    Effect.gen(function* () {
      const own = "home/.config/nightly-dispatch/nightly-dispatch.yaml"
      const { load, problems, root } = yield* world({ [own]: "repo: own", "etc/named.yaml": "repo: named" })
      const fs = yield* FileSystem.FileSystem
      const repoAndFile = (input: Partial<SettingsInput>) =>
        Effect.map(load(input), ({ file, settings }) => [settings.repo, file])
      assert.deepStrictEqual(yield* repoAndFile({}), ["own", `${root}/${own}`])
      assert.deepStrictEqual(yield* repoAndFile({ home: undefined }), [undefined, undefined])
      assert.deepStrictEqual(yield* repoAndFile({ environment: { XDG_CONFIG_HOME: `${root}/none` } }), [
        undefined,
        undefined
      ])
      yield* fs.writeFileString(`${root}/${FILE}`, "repo: here")
      assert.deepStrictEqual(yield* repoAndFile({}), ["here", `${root}/${FILE}`])
      const named = ["named", `${root}/etc/named.yaml`]
      assert.deepStrictEqual(yield* repoAndFile({ configFile: "../etc/named.yaml" }), named)
      assert.deepStrictEqual(
        yield* repoAndFile({ environment: { NIGHTLY_DISPATCH_CONFIG: `${root}/etc/named.yaml` } }),
        named
      )
      const missing = yield* problems({ configFile: "none.yaml" })
      assert.strictEqual(missing.message, `there is no such file (file ${root}/cwd/none.yaml)`)
      const directory = yield* problems({ configFile: `${root}/etc` })
      assert.match(directory.message, /cannot be read/)
      assert.deepStrictEqual(yield* repoAndFile({ configFile: "/dev/null" }), [undefined, "/dev/null"])
      yield* fs.writeFileString(`${root}/${FILE}`, `# ${"x".repeat(1024 * 1024)}\nrepo: here`)
      assert.match((yield* problems()).message, /more than 16 KiB/)
      for (const open of ["[", "{", '{"a":', "- ", "? ", "a: {"]) {
        yield* fs.writeFileString(`${root}/${FILE}`, open.repeat(16_000 / open.length))
        assert.notStrictEqual((yield* problems()).message, "")
      }
    })
  )
})

describe("a settings file that git tracks", () => {
  const git = Effect.fnUntraced(function* (cwd: string, ...args: ReadonlyArray<string>) {
    const exec = yield* Exec
    const result = yield* exec.run({ tool: "git", command: "git", args, cwd, timeout: "20 seconds" })
    assert.strictEqual(result.exitCode, 0, result.stderr)
  })
  const powerful: ReadonlyArray<readonly [key: string, text: string]> = [
    ["providers[1].command", "providers: [gemini, { name: mine, command: [sh] }]"],
    ["beads.path", "beads: { path: ./bd }"],
    ["runner.path", "runner: { path: dx }"],
    ["workspace.allowFilters", "workspace: { allowFilters: [crypt] }"],
    ["workspace.push", "workspace: { push: origin }"],
    ["verify.command", "verify: { command: [npm, test] }"],
    ["prompt.template", "prompt: { template: prompt.txt }"],
    ["environment.pass", "environment: { pass: [GITHUB_TOKEN] }"],
    ["journal", "journal: postgres://example.org/x"],
    ["alerts.slack", "alerts: { slack: https://example.org/x }"],
    ["alerts.deadMan", "alerts: { deadMan: https://example.org/x }"]
  ]

  live(
    "is refused if it runs code or sends data away, unless it is named",
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { load, problems, root } = yield* world({ [FILE]: "repo: here" })
      yield* git(`${root}/cwd`, "init", "--quiet")
      yield* git(`${root}/cwd`, "add", "nightly-dispatch.yaml")
      // What the repository configures must not run.
      const ran = `${root}/ran`
      yield* git(`${root}/cwd`, "config", "core.fsmonitor", `touch ${ran}; true`)
      assert.strictEqual((yield* load()).settings.repo, "here")
      for (const [key, text] of powerful) {
        yield* fs.writeFileString(`${root}/${FILE}`, text)
        const { message } = yield* problems()
        assert.include(message, `git tracks it, and it sets ${key}: `)
        assert.include(message, `--config ${root}/${FILE}`)
        assert.notInclude(message, "\n")
        yield* load({ configFile: "nightly-dispatch.yaml" })
        yield* load({ environment: { NIGHTLY_DISPATCH_CONFIG: `${root}/${FILE}` } })
      }
      assert.isFalse(yield* fs.exists(ran))
      yield* git(`${root}/cwd`, "rm", "--cached", "--force", "--quiet", "nightly-dispatch.yaml")
      yield* load()
    })
  )

  live(
    "is refused behind a link, and where git does not answer",
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { load, problems, root } = yield* world({ "etc/mine.yaml": "beads: { path: ./bd }" })
      yield* fs.symlink("../etc/mine.yaml", `${root}/${FILE}`)
      yield* load()
      yield* git(`${root}/etc`, "init", "--quiet")
      yield* load()
      yield* git(`${root}/etc`, "add", "mine.yaml")
      assert.include((yield* problems()).message, "git tracks it")
      yield* fs.remove(`${root}/etc/.git`, { recursive: true })
      yield* fs.writeFileString(`${root}/cwd/.git`, "gitdir: /none")
      assert.include((yield* problems()).message, "git does not say whether it tracks it")
    })
  )
})

describe("mistakes in settings", () => {
  live(
    "all mistakes of one file are reported with key, line and column, together with those of the environment",
    Effect.gen(function* () {
      const text =
        "limits:\n  maxParallel: -1\n  maxParalel: 3\nproviders: [Open Code]\nbeads:\n  backend: sqlite\nrepoo: x\n"
      const { problems, root } = yield* world({ [FILE]: text })
      const error = yield* problems({
        environment: {
          NIGHTLY_DISPATCH_TIMEOUTS_ACK: "30",
          NIGHTLY_DISPATCH_ALERTS_ON_FAILURE: "yes",
          NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS: "many",
          NIGHTLY_DISPATCH_LIMITS_MAX_PARALEL: "1",
          NIGHTLY_DISPATCH_LOG_LEVEL: "Debug",
          NIGHTLY_DISPATCH_LOG_FORMAT: "xml"
        },
        flags: { intake: { maxPriority: 9 } }
      })
      assert.instanceOf(error, ConfigInvalid)
      const file = `file ${root}/${FILE}`
      assert.sameMembers(error.message.split("\n"), [
        `limits.maxParallel: expected a positive integer, actual -1 (${file}:2:3)`,
        `limits.maxParalel: unknown key, did you mean maxParallel? (${file}:3:3)`,
        `providers[0].name: a provider name is lower-case letters, digits, '_' and '-', e.g. opencode, actual "Open Code" (${file}:4:13)`,
        `beads.backend: expected "auto" or "bd" or "jsonl", actual "sqlite" (${file}:6:3)`,
        `repoo: unknown key, did you mean repo? (${file}:7:1)`,
        `timeouts.ack: a unit is missing: write "30 s" for seconds or "30 min" for minutes (NIGHTLY_DISPATCH_TIMEOUTS_ACK)`,
        `alerts.onFailure: expected true or false, actual "yes" (NIGHTLY_DISPATCH_ALERTS_ON_FAILURE)`,
        `limits.maxAttempts: expected a positive integer, actual "many" (NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS)`,
        `NIGHTLY_DISPATCH_LIMITS_MAX_PARALEL: unknown variable, did you mean NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL? (environment)`,
        "NIGHTLY_DISPATCH_LOG_FORMAT: expected one of pretty, logfmt, json (environment)",
        `intake.maxPriority: expected a priority from 0 to 4, actual 9 (flag)`
      ])
    })
  )

  live(
    "an unknown key names the key that was meant: near ones, other spellings, other sections, dotted, in a provider",
    Effect.gen(function* () {
      const text = `
maxParallel: 1
limits.maxAttempts: 2
runner: { require_commit: true, whatever: 1 }
Providers: [a]
providers: [{ name: a, modle: x }]
__proto__: { repo: x }
`
      const { problems } = yield* world({ [FILE]: text })
      const error = yield* problems()
      assert.deepStrictEqual(Object.fromEntries(error.problems.map(({ message, path }) => [path, message])), {
        maxParallel: "unknown key, did you mean limits.maxParallel?",
        "limits.maxAttempts": "unknown key, write maxAttempts under limits",
        "runner.require_commit": "unknown key, did you mean requireCommit?",
        "runner.whatever": "unknown key, expected one of backend, path, requireCommit",
        Providers: "unknown key, did you mean providers?",
        "providers[0].modle": "unknown key, did you mean model?",
        ["__proto__"]: error.problems.find(({ path }) => path === "__proto__")?.message ?? "not reported"
      })
      assert.isTrue(error.problems.some(({ path }) => path === "__proto__"))
    })
  )

  live(
    "a misspelled choice, or kind of alert, names the one that was meant",
    Effect.gen(function* () {
      const text = "runner: { backend: locl }\nwatch: 3\nalerts: { kinds: { revew: digest, overdue: nwo } }\n"
      const { problems } = yield* world({ [FILE]: text })
      const error = yield* problems()
      assert.deepStrictEqual(Object.fromEntries(error.problems.map(({ message, path }) => [path, message])), {
        "runner.backend": 'expected "auto" or "dx-runner" or "local", actual "locl"; did you mean local?',
        watch: 'expected "auto" or "never", actual 3',
        "alerts.kinds.revew": "unknown key, did you mean review?",
        "alerts.kinds.overdue": 'expected "now" or "digest" or "off", actual "nwo"'
      })
    })
  )

  live(
    "timeouts.run must hold one dispatch, and the message says what to write, in the unit that was written",
    Effect.gen(function* () {
      const { load, problems } = yield* world()
      const settings = { timeouts: { run: "5 min" } }
      yield* load({ flags: settings })
      assert.strictEqual(
        (yield* problems({ flags: settings, environment: { NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "31 s" } })).message,
        "timeouts.run: 5 min cannot hold one dispatch (preflight + ack + workspace + 3 × beads): write 6 min or more (flag)"
      )
      assert.strictEqual(
        (yield* problems({ flags: { timeouts: { workspace: "1 h" } } })).message,
        "timeouts.workspace: 1 h does not fit into timeouts.run (50 min by default), which must hold preflight + ack + workspace + 3 × beads: set timeouts.run to 63 min or more (flag)"
      )
    })
  )

  live(
    "a chain has at least one provider, none twice, each with a name",
    Effect.gen(function* () {
      const { problems } = yield* world()
      const of = (providers: unknown) => Effect.map(problems({ flags: { providers } }), ({ message }) => message)
      assert.strictEqual(
        yield* of([]),
        "providers: expected a list of providers, at least one, actual an empty list (flag)"
      )
      assert.strictEqual(
        yield* of(["a", "b", { name: "a", model: "x" }]),
        "providers[2].name: is in the chain already, at providers[0] (flag)"
      )
      assert.strictEqual(
        yield* of([3]),
        "providers[0]: expected a provider: a name, or a record with one, actual 3 (flag)"
      )
      assert.strictEqual(yield* of([{ model: "x" }]), "providers[0].name: is missing (flag)")
      assert.strictEqual(
        yield* of("opencode"),
        'providers: expected a list of providers, at least one, actual "opencode" (flag)'
      )
    })
  )

  live(
    "an empty section is allowed; an empty value, or a value instead of a section, is a mistake",
    Effect.gen(function* () {
      const { load, problems } = yield* world({
        "etc/empty.yaml": "limits:\nalerts: {}\n",
        [FILE]: "repo:\nbeads: 3\n"
      })
      assert.strictEqual((yield* load({ configFile: "../etc/empty.yaml" })).settings.limits.maxDispatches, 3)
      const { message } = yield* problems()
      assert.match(message, /^repo: has no value; leave the key out to get its default \(file .*:1:1\)$/m)
      assert.match(
        message,
        /^beads: expected a section with backend, path, dir, allowMigration, maxOutput, actual 3 \(file .*:2:1\)$/m
      )
    })
  )

  live(
    "broken YAML is reported with line and column; a duplicate key does not hide the other mistakes",
    Effect.gen(function* () {
      const { problems, root } = yield* world({ [FILE]: "limits:\n  maxParallel: [1, 2\nrepo: x\n" })
      const fs = yield* FileSystem.FileSystem
      assert.match((yield* problems()).message, /^Flow .* \(file .*nightly-dispatch.yaml:3:1\)$/)
      const says = (text: string) =>
        Effect.zipRight(
          fs.writeFileString(`${root}/${FILE}`, text),
          Effect.map(problems(), ({ problems }) => problems.map(({ message, path }) => `${path}|${message}`))
        )
      assert.deepStrictEqual(yield* says("repo: a\nlimits: { maxParallel: 0 }\nrepo: b\n"), [
        "|the key repo is there twice",
        "limits.maxParallel|expected a positive integer, actual 0"
      ])
      assert.deepStrictEqual(yield* says("- repo\n"), ["|expected a record of settings, actual a list"])
      assert.lengthOf(yield* says("repo: a\n---\nrepo: b\n"), 1)
      assert.lengthOf(yield* says("repo: !!js/function a\n"), 1)
      assert.lengthOf(yield* says("[".repeat(3000)), 6)
      const bomb = [
        "a: &a [x,x,x,x,x,x,x,x,x]",
        ..."bcdefgh".split("").map((key, index) => {
          const previous = "abcdefgh"[index] ?? "a"
          return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${previous}`).join(",")}]`
        })
      ]
      assert.deepStrictEqual(yield* says(bomb.join("\n")), ["|its aliases cannot be resolved"])
      assert.deepStrictEqual(yield* says("providers: &p [*p]\n"), ["|its aliases cannot be resolved"])
    })
  )

  live(
    "no message shows a secret, whichever key holds it by mistake",
    Effect.gen(function* () {
      const url = "https://hooks.slack.test/services/T0/B0/SECRET"
      const { problems } = yield* world({
        [FILE]: `alerts: { slack: [${url}], deadMan: 5550123, onFailure: "${url}" }\nlimits: ${url}\nslack: ${url}\nbeads: { backend: "see ${url}" }\n`
      })
      const { message } = yield* problems({ environment: { NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS: url } })
      assert.lengthOf(message.split("\n"), 7)
      assert.notInclude(message, "SECRET")
      assert.notInclude(message, "5550123")
      const broken = yield* world({ [FILE]: `alerts: { slack: "${url}\n` })
      assert.notInclude((yield* broken.problems()).message, "SECRET")
    })
  )
})

// Thousands of texts: slow on a busy machine, but none waits for anything.
describe("any text", { timeout: 60_000 }, () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...SETTINGS_KEYS.flatMap((key) => key.split(".")),
      ": ",
      ":\n  ",
      "\n",
      "- ",
      "[",
      "]",
      "{",
      "}",
      ", ",
      "&a ",
      "*a",
      "!!str ",
      "\t",
      "# ",
      "'",
      '"',
      "|\n",
      "---\n",
      "1",
      "-1",
      "true",
      "null",
      "30 s",
      ".nan",
      "? ",
      "<<",
      "__proto__",
      "constructor",
      "~/x"
    ),
    fc.string()
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(""))
  )
  const json = fc.object({
    key: fc.constantFrom("name", "model", ...SETTINGS_KEYS.flatMap((key) => key.split(".")), "x"),
    maxDepth: 3
  })

  const outcome = (input: Partial<SettingsInput>) =>
    Effect.runPromiseExit(
      loadSettings({ flags: {}, environment: {}, configFile: undefined, cwd: "/none", home: "/none", ...input }).pipe(
        Effect.map(() => "settings"),
        Effect.catchTag("ConfigInvalid", (error) =>
          Effect.succeed(error.problems.length > 0 ? "problems" : "no problems")
        ),
        Effect.provide([NodeContext.layer, NodeExec.layer])
      )
    )
  const isSettled = (exit: Awaited<ReturnType<typeof outcome>>) =>
    assert.isTrue(exit._tag === "Success" && exit.value !== "no problems", JSON.stringify(exit))

  it("in a file gives entries or problems, and never throws", () => {
    fc.assert(
      fc.property(text, (text) => {
        const { entries, problems } = fromText(text, "/x.yaml", "/")
        assert.isTrue(problems.every(({ message }) => message !== "" && !message.includes("\n")))
        assert.isTrue(entries.every(({ value }) => value !== null && value !== undefined))
      }),
      { numRuns: 1000 }
    )
  })

  live(
    "of a YAML file gives settings or ConfigInvalid",
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { load, root } = yield* world()
      for (const sample of fc.sample(text, 80)) {
        yield* fs.writeFileString(`${root}/${FILE}`, sample)
        const result = yield* Effect.either(load())
        if (result._tag === "Left") assert.instanceOf(result.left, ConfigInvalid, sample)
      }
    })
  )

  it("any record of any shape as flags gives settings or ConfigInvalid", () =>
    fc.assert(
      fc.asyncProperty(json, async (flags) => {
        const record: Record<string, unknown> = { ...flags }
        isSettled(await outcome({ flags: record }))
      }),
      { numRuns: 60 }
    ))

  it("any text in any variable gives settings or ConfigInvalid", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...SETTINGS_KEYS), text, async (key, value) =>
        isSettled(await outcome({ environment: { [SETTINGS[key].variable]: value } }))
      ),
      { numRuns: 60 }
    ))
})

describe("nearest", () => {
  it("finds the word that was meant, and none if no word is near", () => {
    assert.strictEqual(nearest("max_parallel", ["maxParallel", "maxAttempts"]), "maxParallel")
    assert.strictEqual(nearest("bse", ["base", "root"]), "base")
    assert.strictEqual(nearest("dirr", ["dir", "path"]), "dir")
    assert.isUndefined(nearest("colour", ["base", "root", "backend"]))
    assert.isUndefined(nearest("x".repeat(100_000), ["base"]))
  })
})

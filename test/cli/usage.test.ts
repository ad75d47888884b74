import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fc from "effect/FastCheck"
import { wholeShape } from "../../src/cli/main.ts"
import type { CommandShape } from "../../src/cli/usage/CommandShape.ts"
import { completionScript } from "../../src/cli/usage/completions.ts"
import { helpText } from "../../src/cli/usage/helpText.ts"
import { manPage } from "../../src/cli/usage/manPage.ts"
import { understand } from "../../src/cli/usage/understand.ts"
import { machine } from "./world.ts"
import { explained } from "../../src/domain/Explanation.ts"

const SHAPE = await Effect.runPromise(wholeShape)

const everyShape = (shape: CommandShape): ReadonlyArray<CommandShape> => [shape, ...shape.children.flatMap(everyShape)]

const said = (...args: ReadonlyArray<string>): string => {
  const found = understand(args, SHAPE)
  return found._tag === "Problem" ? explained(found.why) : found._tag
}

describe("help", () => {
  it("fits 80 columns for each command, and says what each option and argument means", () => {
    for (const shape of everyShape(SHAPE)) {
      assert.notStrictEqual(shape.summary, "", shape.path.join(" "))
      for (const { description, names } of [...shape.options, ...shape.args])
        assert.notStrictEqual(description, "", `${shape.path.join(" ")} ${names.join(" ")}`)
      for (const line of helpText(shape, SHAPE, 80).split("\n")) {
        assert.isAtMost(line.length, 80, `${shape.path.join(" ")}: ${line}`)
        assert.strictEqual(line, line.trimEnd())
      }
    }
  })

  it("shows arguments, short names, choices, what may be repeated, and the options of every command", () => {
    const logs = everyShape(SHAPE).find(({ path }) => path.at(-1) === "logs") ?? SHAPE
    assert.include(helpText(logs, SHAPE, 80), "nightly-dispatch logs [--follow] [--attempt n] [--lines n] <id>")
    assert.match(helpText(logs, SHAPE, 80), /^ {2}-f, --follow {2}Go on/m)
    const report = everyShape(SHAPE).find(({ path }) => path.at(-1) === "report") ?? SHAPE
    assert.include(helpText(report, SHAPE, 80), "--format text|markdown|json|html")
    const run = everyShape(SHAPE).find(({ path }) => path.at(-1) === "run") ?? SHAPE
    assert.include(helpText(run, SHAPE, 80), "[--provider name]…")
    assert.include(helpText(run, SHAPE, 80), "--log-level level")
  })

  it.scopedLive("is printed for --help, -h and `help`, and as wide as the terminal at most", () =>
    Effect.gen(function* () {
      const { nd } = yield* machine([])
      const run = yield* nd(["run", "--help"])
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      assert.match(run.stdout, /^Dispatch the open bugs[\s\S]*\nUsage:\n {2}nightly-dispatch run \[--dry-run\]/)
      for (const args of [
        ["-h", "run"],
        ["run", "-h"],
        ["help", "run"],
        ["run", "--max", "3", "--help"]
      ])
        assert.strictEqual((yield* nd(args)).stdout.includes("Usage:\n"), true, args.join(" "))
      assert.strictEqual((yield* nd(["help", "run"])).stdout, run.stdout)
      assert.match((yield* nd(["help"])).stdout, /\nCommands:\n {2}run +Dispatch/)
      assert.match((yield* nd(["help", "config"])).stdout, /\n {2}show +Print/)
    })
  )
})

describe("a command line that is not understood", () => {
  it("is explained in plain words, with what was meant", () => {
    const table: ReadonlyArray<readonly [line: string, words: string]> = [
      ["runn", "there is no command runn; did you mean run? See nightly-dispatch --help"],
      ["help runn", "there is no command runn; did you mean run? See nightly-dispatch --help"],
      ["config shw", "config has no command shw; did you mean show? See nightly-dispatch config --help"],
      ["run --jsn", "run has no option --jsn; did you mean --json? See nightly-dispatch run --help"],
      ["run --wizard", "run has no option --wizard. See nightly-dispatch run --help"],
      ["--wizard", "there is no option --wizard. See nightly-dispatch --help"],
      ["run --max", "--max needs a value: --max integer"],
      ["run --provider", "--provider needs a value: --provider name"],
      ["run --max --json", "--max needs a value: --max integer"],
      ["run --max x", '--max takes a whole number, not "x"'],
      ["run --max=1.5", '--max takes a whole number, not "1.5"'],
      ["report --format jsonn", '--format takes one of text, markdown, json, html, not "jsonn"; did you mean json?'],
      [
        "run --log-level loud",
        '--log-level takes one of all, trace, debug, info, warning, error, fatal, none, not "loud"'
      ],
      ["--config", "--config needs a value: --config file"],
      ["completions tcsh", '<shell> takes one of bash, zsh, fish, not "tcsh"'],
      [
        "pause",
        "pause needs --reason text: Why nothing is to be dispatched: run, status and alerts say it. See nightly-dispatch pause --help"
      ],
      ["explain", "explain needs <id>: The issue, e.g. bd-a1b2. See nightly-dispatch explain --help"],
      [
        "explain a-1 b-2",
        'explain takes only <id>, so it cannot do anything with "b-2". See nightly-dispatch explain --help'
      ],
      ["run bd-1", 'run takes no argument, so it cannot do anything with "bd-1". See nightly-dispatch run --help']
    ]
    for (const [line, words] of table) assert.strictEqual(said(...line.split(" ")), words, line)
    assert.match(said("config"), /^config needs one of its commands: .*show.*\. See nightly-dispatch config --help$/)
  })

  it("leaves what is right to the parser", () => {
    for (const line of [
      "",
      "run --max 3 --provider a --provider b --json",
      "run --max=0",
      "--log-level DEBUG run",
      "run --log-level=debug --config x.yaml",
      "logs -f bd-1",
      "review",
      "retry bd-1 --note -x",
      "explain -- bd-1"
    ])
      assert.strictEqual(said(...line.split(" ").filter((word) => word !== "")), "Parse", line)
    assert.strictEqual(said("--version"), "Version")
    assert.strictEqual(said("run", "--version"), "Version")
  })

  it("is any text: it never fails to be understood or explained", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("run", "config", "--max", "--json", "--", "help"))),
        (args) => {
          assert.isString(said(...args))
        }
      )
    )
  })

  it.scopedLive("is exit 2, with one line on stderr, and one document with --json", () =>
    Effect.gen(function* () {
      const { nd } = yield* machine([])
      const wrong = yield* nd(["run", "--max", "--json"])
      assert.strictEqual(wrong.code, 2)
      assert.strictEqual(wrong.stderr, "nightly-dispatch: --max needs a value: --max integer\n")
      assert.deepStrictEqual(JSON.parse(wrong.stdout), {
        error: { what: "--max needs a value: --max integer", where: null, next: null, exit: 2 }
      })
    })
  )
})

/** Runs a shell on this script; `undefined` if it is not installed. */
const inShell = (shell: string, args: ReadonlyArray<string>, script: string) => {
  const { error, stderr, stdout } = spawnSync(shell, args, { input: script, encoding: "utf8" })
  return error === undefined ? `${stdout}${stderr}` : undefined
}

describe("completions", () => {
  it("offer commands, options and values in bash", () => {
    const script = `${completionScript("bash", SHAPE)}
try() { COMP_WORDS=(nightly-dispatch "$@"); COMP_CWORD=$#; COMPREPLY=(); _nightly_dispatch; echo "\${COMPREPLY[*]}"; }
try ru; try config sh; try config show --js; try report --format j; try --log-level deb; try run --max ""; try logs -- | tr ' ' '\n' | grep follow
`
    assert.strictEqual(inShell("bash", [], script), "run\nshow\n--json\njson\ndebug\n\n--follow\n")
  })

  it("are a script that zsh and fish can read; fish offers the same", () => {
    const zsh = inShell("zsh", ["-f", "-n"], completionScript("zsh", SHAPE))
    if (zsh !== undefined) assert.strictEqual(zsh, "")
    const asked = ["nightly-dispatch ru", "nightly-dispatch config sh", "nightly-dispatch report --format j"]
    const script = `${completionScript("fish", SHAPE)}\n${asked.map((line) => `complete -C '${line}'`).join("\n")}\n`
    const fish = inShell("fish", ["--no-config", "-c", script], "")
    if (fish !== undefined) assert.match(fish, /^run\t.*\nshow\t.*\njson\t.*\n$/)
  })
})

describe("the manual page", () => {
  it("has every command and option, and no line that troff would take for a request", () => {
    const page = manPage(SHAPE, "1.2.3")
    assert.match(page, /^\.TH NIGHTLY-DISPATCH 1 "" "nightly-dispatch 1\.2\.3" "User Commands"\n/)
    for (const { children, options, path } of everyShape(SHAPE)) {
      if (path.length > 1 && children.length === 0) assert.include(page, `.SS ${path.slice(1).join(" ")}\n`)
      for (const { names } of options) assert.include(page, (names[0] ?? "").replaceAll("-", "\\-"))
    }
    const requests = new Set(page.split("\n").flatMap((line) => /^[.'](\w*)/.exec(line)?.[1] ?? []))
    assert.deepStrictEqual([...requests].toSorted(), ["B", "I", "PP", "SH", "SS", "TH", "TP", "fi", "nf"])
    const said = inShell("groff", ["-man", "-ww", "-z"], page)
    if (said !== undefined) assert.strictEqual(said, "")
  })
})

describe("run --max 0", () => {
  it.scopedLive("only settles, also if many bugs wait", () =>
    Effect.gen(function* () {
      const { issues, nd } = yield* machine(Array.from({ length: 12 }, (_, n) => ({ id: `bd-${n}`, title: "t" })))
      const run = yield* nd(["run", "--max", "0", "--json"])
      assert.strictEqual(run.code, 0, run.stderr)
      assert.strictEqual(JSON.parse(run.stdout).dispatched, 0)
      assert.isTrue(Object.values(yield* issues).every(({ status }) => status === "open"))
    })
  )
})

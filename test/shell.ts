import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

/** Runs each command that it reads, and answers with its exit code and its output. Ends when the pipe is closed. */
const LOOP = `while IFS= read -r -d '' command; do
  output=$(eval "$command" 2>&1 </dev/null)
  printf '%s\\0' $? "$output"
done <"$0" >"$1"`

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const start = () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "nd-shell-"))
  const [questions, answers] = ["questions", "answers"].map((name) => path.join(directory, name)) as [string, string]
  execFileSync("mkfifo", [questions, answers])
  const shell = spawn("bash", ["-c", LOOP, questions, answers], { cwd: "/", stdio: "ignore" })
  // Each waits until the shell has opened the other end.
  const pipes = { question: fs.openSync(questions, "w"), answer: fs.openSync(answers, "r") }
  fs.rmSync(directory, { recursive: true })
  return { shell, ...pipes }
}

let started: ReturnType<typeof start> | undefined

/**
 * Runs a command in a directory, as `execFileSync` does. Returns its output, also that on stderr; throws if its exit code is
 * not 0. A long-lived shell starts it: a test process is large, so each start of a process costs it five times as much.
 */
export const command = (cwd: string, ...words: ReadonlyArray<string>): string => {
  const { answer, question } = (started ??= start())
  fs.writeSync(question, `cd ${quote(cwd)} && exec ${words.map(quote).join(" ")}\0`)
  const buffer = Buffer.alloc(65_536)
  let bytes = Buffer.alloc(0)
  let fields: ReadonlyArray<string> = []
  while (fields.length < 3) {
    bytes = Buffer.concat([bytes, buffer.subarray(0, fs.readSync(answer, buffer))])
    fields = bytes.toString().split("\0")
  }
  const [exitCode, output = ""] = fields
  if (exitCode !== "0") throw new Error(`${words.join(" ")}: exit code ${exitCode}: ${output}`)
  return output
}

/** For `afterAll` of each test file that runs a command. */
export const endShell = async (): Promise<void> => {
  if (started === undefined) return
  const { answer, question, shell } = started
  started = undefined
  fs.closeSync(question)
  fs.closeSync(answer)
  await once(shell, "exit")
}

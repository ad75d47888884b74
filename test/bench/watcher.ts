// Prints the memory of the built program's `watch` over a simulated night: two jobs run, and its clock goes faster than the host's.
// The heap is measured after a garbage collection. `--speed`: simulated seconds in one second.
//
//   npm run build:bin && node test/bench/run.js watcher
//   node test/bench/run.js watcher 10 --speed 120      ten simulated hours
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { makeHost } from "./largeHost.ts"

const say = (text: string) => process.stdout.write(`${text}\n`)
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { speed: { type: "string", default: "120" } }
})
const [hours, speed] = [Number(positionals[0] ?? 10), Number(values.speed)]

/** Makes the clock and the timers of the process faster, and prints its memory each simulated half hour. */
const FAST = `
import{setFlagsFromString}from"node:v8";import{runInNewContext}from"node:vm";import{writeSync}from"node:fs";
setFlagsFromString("--expose-gc");const gc=runInNewContext("gc");
const S=${speed},D=Date.now,P=performance.now.bind(performance),T=setTimeout,I=setInterval,d=D(),p=P();
Date.now=()=>Math.floor(d+(D()-d)*S);performance.now=()=>p+(P()-p)*S;
globalThis.setTimeout=(f,m,...a)=>T(f,(m??0)/S,...a);globalThis.setInterval=(f,m,...a)=>I(f,(m??0)/S,...a);
const show=()=>{gc();const{heapUsed,rss}=process.memoryUsage();writeSync(2,"memory="+heapUsed+" "+rss+"\\n")};
I(show,1_800_000/S).unref()`

/** Lets the watcher live for the simulated hours, and gives what it printed. */
const nightOf = async (root: string): Promise<string> => {
  const real = (hours * 3600) / speed
  // The jobs outlive the watcher by little.
  const command = ["sleep", String(Math.ceil(real) + 30)]
  const { env, run } = makeHost(root, "jsonl", 100, "wanted", {
    providers: [{ name: "quick", command }],
    limits: { maxDispatches: 2, overloadThreshold: 1000, maxParallel: 2, maxRuntime: "7 days" }
  })
  run("run")
  const preload = `data:text/javascript,${encodeURIComponent(FAST)}`
  const child = spawn(process.execPath, ["--import", preload, path.resolve("dist/nightly-dispatch.js"), "watch"], {
    cwd: path.join(root, "repo"),
    env,
    stdio: ["ignore", "ignore", "pipe"]
  })
  let output = ""
  child.stderr.on("data", (chunk) => (output += String(chunk)))
  await new Promise((resolve) => {
    const end = setTimeout(() => child.kill("SIGTERM"), real * 1000)
    child.once("close", () => resolve(clearTimeout(end)))
  })
  return output
}

const print = (output: string) => {
  const samples = Array.from(output.matchAll(/memory=(\d+) (\d+)/g), ([, heap, rss]) => [Number(heap), Number(rss)])
  if (samples.length === 0 || !output.includes("watching 2 job(s)"))
    throw new Error(`the watcher watched no two jobs, or printed no memory: ${output.slice(-2000)}`)
  say(`${hours} simulated hours, ${speed} times as fast; two jobs`)
  say("| hour | heap, MB | RSS, MB |")
  say("| ---- | -------- | ------- |")
  for (const [index, [heap = 0, rss = 0]] of samples.entries()) {
    const cells = [
      ((index + 1) / 2).toFixed(1).padStart(4),
      ...[heap, rss].map((bytes) => (bytes / 2 ** 20).toFixed(1))
    ]
    say(`| ${cells[0]} | ${cells[1]?.padStart(8)} | ${cells[2]?.padStart(7)} |`)
  }
}

const root = fs.mkdtempSync(path.join(os.tmpdir(), "nd-bench-"))
void nightOf(root)
  .then(print)
  .finally(() => fs.rmSync(root, { recursive: true, force: true }))

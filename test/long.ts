/**
 * The files that `npm test` leaves to `npm run test:long`: each takes over five seconds, because it starts programs, makes
 * repositories or lives through weeks. A new file that takes so long belongs here.
 */
export const LONG: ReadonlyArray<string> = [
  "test/beads/bd/{largeAnswers,process,storeFaults}.test.ts",
  "test/beads/jsonl/foreignWriters.test.ts",
  "test/cli/{alerts,allRepos,budget,config,ends,existingWork,explain,heartbeat,hostGate,hosts,jsonError,main}.test.ts",
  "test/cli/{needsHuman,pause,postgres,providers,prune,push,rateLimit,release,reportPage,retry,shadow}.test.ts",
  "test/cli/{status,statusWatch,template,trackerFile,usage,verify,warmUp,watch,worktreeRoot}.test.ts",
  "test/cli/cron/{changeOver,install,text}.test.ts",
  "test/cli/doctor/{doctor,journal}.test.ts",
  "test/cli/telemetry/otlp.test.ts",
  "test/cli/terminal/secrecy.test.ts",
  "test/compositions/*.test.ts",
  "test/demo/demo.test.ts",
  "test/dispatch/fleet/*.test.ts",
  "test/dispatch/interleavings/interleavings.test.ts",
  "test/dispatch/providers/probation.test.ts",
  "test/docs.test.ts",
  "test/exec/{foreground,jobProcesses,kernelLock}.test.ts",
  "test/faults/*.test.ts",
  "test/foreignText.test.ts",
  "test/journal/sqlite/{SqliteJournal,contract,processes}.test.ts",
  "test/journal/{copy,postgres}/*.test.ts",
  "test/report/alerts/weeks.test.ts",
  "test/runner/dx/{contract,processes,start}.test.ts",
  "test/runner/local/{LocalRunner,contract}.test.ts",
  "test/simulation/*.test.ts",
  "test/start/codeCache.test.ts",
  "test/telemetry/{metrics,trace}.test.ts",
  "test/testing/{brokenLayers,world}.test.ts",
  "test/watch/watch.test.ts",
  "test/workspace/dx/*.test.ts",
  "test/workspace/existing/pullRequests.test.ts",
  "test/workspace/git/*.test.ts",
  "test/workspace/kept/{GitKeptWork,publish}.test.ts"
]

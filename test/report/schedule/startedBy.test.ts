import { assert, describe, it } from "@effect/vitest"
import { startedBy, startsRuns } from "../../../src/report/schedule/startedBy.ts"

const SCRIPT = "/home/me/my files/dx-nightly-dispatcher.sh"

describe("what a crontab line starts", () => {
  it("is read as a shell reads it: quotes, backslashes, ~ and $HOME, and cron's %", () => {
    const forms = [
      `'${SCRIPT}'`,
      `"${SCRIPT}"`,
      SCRIPT.replace(" ", "\\ "),
      "~/my\\ files/dx-nightly-dispatcher.sh",
      '"$HOME/my files/dx-nightly-dispatcher.sh"',
      "${HOME}/'my files'/dx-nightly-dispatcher.sh%its input"
    ]
    for (const form of forms) {
      assert.isTrue(startsRuns(form), form)
      assert.deepInclude(startedBy(form, "/home/me"), { program: SCRIPT, script: SCRIPT, isExecuted: true }, form)
    }
    assert.strictEqual(startedBy("/a/''\\%b/dx-nightly-dispatcher.sh", "/").script, "/a/%b/dx-nightly-dispatcher.sh")
  })

  it("has its files, its log, and who reads the script", () => {
    assert.deepStrictEqual(startedBy(`mkdir -p /logs && A=1 /bin/bash '${SCRIPT}' >> /logs/x 2>&1`, "/home/me"), {
      program: "/bin/bash",
      files: ["/bin/bash", SCRIPT],
      script: SCRIPT,
      isExecuted: false,
      log: "/logs/x",
      makesDirectories: true
    })
    assert.deepInclude(startedBy("bash /a/dx-job-wrapper.sh nightly-dispatch -- /b/night.sh >/dev/null", "/"), {
      program: "bash",
      files: ["/a/dx-job-wrapper.sh", "/b/night.sh"],
      script: "/b/night.sh",
      isExecuted: true
    })
    assert.deepInclude(startedBy("cd /src && node /x/nightly-dispatch.js run", "/"), {
      program: "node",
      script: undefined,
      log: undefined
    })
  })

  it("a shadow run is no run: only who asks for shadow runs finds its line", () => {
    const lines = [
      "bash '/home/me/dx-nightly-dispatcher.sh' run --shadow >> /tmp/log 2>&1",
      "bash /a/dx-job-wrapper.sh nightly-dispatch -- /b/night.sh run --shadow",
      "nightly-dispatch run --shadow"
    ]
    for (const line of lines) {
      assert.deepStrictEqual([startsRuns(line), startsRuns(line, "shadow")], [false, true], line)
      const run = line.replace(" --shadow", "")
      assert.deepStrictEqual([startsRuns(run), startsRuns(run, "shadow")], [true, false], run)
    }
  })
})

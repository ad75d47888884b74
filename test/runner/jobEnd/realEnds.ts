import type { Needed } from "../../../src/domain/Needed.ts"
import type { Cli, Fault } from "../../../src/runner/jobEnd/finding.ts"

/** How a job of one of the tools really ended: opencode 1.18.33, claude 2.1.197, gemini 0.61.0, and dx-runner's adapters. */
export interface RealEnd {
  readonly what: string
  readonly cli: Cli
  readonly exitCode: number
  readonly tail: string
  readonly reason: string
  /** Whose fault it is, or what a person must give. */
  readonly proves: Fault | Needed["kind"]
  /** A part of the words. */
  readonly words: string
}

const end = (
  cli: Cli,
  exitCode: number,
  what: string,
  tail: string,
  [reason, proves, words]: readonly [string, RealEnd["proves"], string]
): RealEnd => ({ cli, exitCode, what: `${cli} ${exitCode}, ${what}`, tail, reason, proves, words })

const OPENCODE = "\u001b[0m\n> build · m1\n\u001b[0m\n"
const opencode = (message: string) => `${OPENCODE}\u001b[91m\u001b[1mError: \u001b[0m${message}\n`
const GEMINI =
  "YOLO mode is enabled. All tool calls will be automatically approved.\nRipgrep is not available. Falling back to GrepTool.\n"
const gemini = (error: string, status: number) =>
  `${GEMINI}Error when talking to Gemini API Full report available at: /tmp/a b/gemini-client-error-Turn.run-sendMessageStream-2026-11-26T17-46-03-378Z.json ${error}
    at throwErrorIfNotOK (file:///opt/gemini-cli/bundle/chunk-JDPZ4CE3.js:267833:24)
    at async GeminiChat.streamWithRetries (file:///opt/gemini-cli/bundle/chunk-JDPZ4CE3.js:332079:29)
    at async Turn.run (file:///opt/gemini-cli/bundle/chunk-JDPZ4CE3.js:333001:24) {
  status: ${status}
}
An unexpected critical error occurred:[object Object]
`

export const REAL_ENDS: ReadonlyArray<RealEnd> = [
  end("opencode", 1, "401", opencode("Incorrect API key provided: sk-xxxx."), [
    "unauthorised",
    "login",
    "Incorrect API key provided"
  ]),
  end(
    "opencode",
    1,
    "no key",
    opencode(
      "OpenAI API key is missing. Pass it using the 'apiKey' parameter or the OPENAI_API_KEY environment variable."
    ),
    ["no_secret", "secret", "set OPENAI_API_KEY where nightly-dispatch starts"]
  ),
  end("opencode", 1, "403", opencode('Forbidden: {"error":{"message":"Forbidden","type":"forbidden"}}'), [
    "forbidden",
    "provider",
    "Forbidden"
  ]),
  end("opencode", 1, "404", opencode("The model `m1` does not exist or you do not have access to it."), [
    "model_not_found",
    "provider",
    "The model `m1` does not exist"
  ]),
  end("opencode", 1, "429, after 91 s", opencode("Rate limit reached for m1"), [
    "rate_limited",
    "provider",
    "Rate limit reached for m1"
  ]),
  end(
    "opencode",
    1,
    "429, no quota",
    opencode("You exceeded your current quota, please check your plan and billing details."),
    ["quota", "provider", "You exceeded your current quota"]
  ),
  end("opencode", 1, "500, after 70 s", opencode("The server had an error"), [
    "server_error",
    "provider",
    "The server had an error"
  ]),
  end("opencode", 1, "no connection", opencode("Unable to connect. Is the computer able to access the url?"), [
    "unreachable",
    "provider",
    "Unable to connect"
  ]),
  end("opencode", 1, "a full disk", opencode("ENOSPC: no space left on device, write"), [
    "system_error",
    "host",
    "ENOSPC"
  ]),
  end(
    "opencode",
    1,
    "an unknown model, newer",
    `\u001b[91m\u001b[1mError: \u001b[0m{\n  "name": "UnknownError",\n  "data": {\n    "message": "Unexpected server error. Check server logs for details.",\n    "ref": "err_6a860d5e"\n  }\n}\n`,
    ["server_error", "provider", "Unexpected server error. Check server logs for details."]
  ),
  end("opencode", 0, "an unknown model, older", opencode("Model not found: zai/glm-5.1. Did you mean: glm-5?"), [
    "model_not_found",
    "provider",
    "zai/glm-5.1"
  ]),
  end(
    "opencode",
    1,
    "401 as a JSON event",
    `{"type":"error","timestamp":1795715482301,"sessionID":"ses_de7046c71ffexqBtSEnmJEjov9","error":{"name":"APIError","data":{"message":"Incorrect API key provided: sk-xxxx.","statusCode":401,"isRetryable":false,"responseHeaders":{"connection":"keep-alive"},"responseBody":"{\\"error\\":{\\"message\\":\\"x\\"}}"}}}\n`,
    ["unauthorised", "login", "Incorrect API key provided: sk-xxxx."]
  ),
  end(
    "opencode",
    0,
    "a rejected permission",
    `${OPENCODE}\u001b[93m\u001b[1m! \u001b[0mpermission requested: external_directory (/tmp/ext-dir/*); auto-rejecting\n\u001b[0m✗ \u001b[0mRead /tmp/ext-dir/a.txt failed\n\u001b[91m\u001b[1mError: \u001b[0mThe user rejected permission to use this specific tool call.\n`,
    ["permission_rejected", "permission", "permission requested: external_directory (/tmp/ext-dir/*); auto-rejecting"]
  ),
  end(
    "opencode",
    1,
    "an empty prompt",
    "\u001b[91m\u001b[1mError: \u001b[0mYou must provide a message or a command\n",
    ["no_message", "runner", "You must provide a message or a command"]
  ),
  end("claude", 1, "401, after 190 s", "Not logged in · Please run /login\n", ["unauthorised", "login", "/login"]),
  end(
    "claude",
    1,
    "401 as JSON, after 174 s",
    `{"type":"result","subtype":"success","is_error":true,"duration_ms":174407,"duration_api_ms":0,"num_turns":1,"result":"Invalid API key · Please run /login","session_id":"dd4b851e-6668-4581-a0df-1f36a780f90e","total_cost_usd":0,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0},"modelUsage":{},"permission_denials":[],"uuid":"29133e30-4496-41b2-b703-b7c64ccc16ee"}\n`,
    ["unauthorised", "login", "Invalid API key"]
  ),
  end("claude", 1, "403", "Failed to authenticate. API Error: 403 forbidden\n", ["forbidden", "provider", "forbidden"]),
  end(
    "claude",
    1,
    "404",
    "There's an issue with the selected model (m1). It may not exist or you may not have access to it. Run --model to pick a different model.\n",
    ["model_not_found", "provider", "selected model (m1)"]
  ),
  end("claude", 1, "429, after 225 s", "API Error: Request rejected (429) · Rate limited\n", [
    "rate_limited",
    "provider",
    "Rate limited"
  ]),
  end(
    "claude",
    1,
    "429, no credit",
    "API Error: Request rejected (429) · Your credit balance is too low to access the API.\n",
    ["quota", "provider", "credit balance is too low"]
  ),
  end(
    "claude",
    1,
    "500, after 233 s",
    "API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (127.0.0.1:18099).\n",
    ["server_error", "provider", "500 Internal server error"]
  ),
  // As users report them.
  ...[
    "You've hit your limit · resets 4:50am (Europe/Rome)",
    "You’ve hit your weekly limit · resets Oct 12, 4am",
    "Claude AI usage limit reached|1762952400",
    "5-hour limit reached ∙ resets 3pm"
  ].map((words) => end("claude", 1, `a limit: ${words}`, `${words}\n`, ["quota", "provider", words])),
  ...[
    "Failed to authenticate: OAuth session expired and could not be refreshed",
    "OAuth token has expired. Please obtain a new token or refresh your existing token.",
    "Invalid API key · Please run /login"
  ].map((words) => end("claude", 1, `a login: ${words}`, `${words}\n`, ["unauthorised", "login", words])),
  end("claude", 1, "no key", "ANTHROPIC_API_KEY environment variable is not set\n", [
    "no_secret",
    "secret",
    "set ANTHROPIC_API_KEY where nightly-dispatch starts"
  ]),
  end("claude", 1, "no credit", "Credit balance is too low\n", ["quota", "provider", "Credit balance is too low"]),
  end(
    "claude",
    1,
    "as root",
    "[cc-glm-headless] START\n--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons\n",
    ["runs_as_root", "provider", "root/sudo privileges"]
  ),
  end(
    "claude",
    1,
    "without its prompt file",
    "[cc-glm-headless] ERROR: --prompt-file not found: /tmp/prompts/bd-1.prompt\n",
    ["no_message", "runner", "--prompt-file not found"]
  ),
  end(
    "gemini",
    1,
    "401",
    gemini(
      '_ApiError: {"error":{"code":401,"message":"API key not valid. Please pass a valid API key.","status":"UNAUTHENTICATED"}}',
      401
    ),
    ["unauthorised", "login", "API key not valid."]
  ),
  end(
    "gemini",
    1,
    "403",
    gemini('_ApiError: {"error":{"code":403,"message":"Permission denied","status":"PERMISSION_DENIED"}}', 403),
    ["forbidden", "provider", "Permission denied"]
  ),
  end(
    "gemini",
    1,
    "404",
    gemini(
      "ModelNotFoundError: models/m1 is not found for API version v1beta, or is not supported for generateContent.",
      404
    ),
    ["model_not_found", "provider", "models/m1 is not found"]
  ),
  end(
    "gemini",
    1,
    "429, after 285 s",
    gemini("RetryableQuotaError: Resource has been exhausted (e.g. check quota).", 429),
    ["quota", "provider", "Resource has been exhausted"]
  ),
  end(
    "gemini",
    1,
    "500, after 282 s",
    gemini(
      '_ApiError: {"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}. Max attempts reached',
      500
    ),
    ["server_error", "provider", "An internal error has occurred."]
  ),
  end(
    "gemini",
    41,
    "no key",
    "When using Gemini API, you must specify the GEMINI_API_KEY environment variable.\nUpdate your environment and try again (no reload needed if using .env)!\n",
    ["no_secret", "secret", "set GEMINI_API_KEY where nightly-dispatch starts"]
  ),
  end(
    "gemini",
    41,
    "no way to sign in",
    "Please set an Auth method in your /home/op/.gemini/settings.json or specify one of the following environment variables before running: GEMINI_API_KEY, GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_GENAI_USE_GCA\n",
    ["auth_method", "login", "run `gemini` and sign in"]
  ),
  // As users report it.
  end(
    "gemini",
    1,
    "an expired login",
    "Opening authentication page in your browser. Do you want to continue? [Y/n]: \n",
    ["unauthorised", "login", "Opening authentication page in your browser"]
  ),
  end("gemini", 42, "no prompt", "No input provided via stdin.\n", ["no_message", "runner", "No input provided"]),
  end("gemini", 52, "settings that it cannot read", "Invalid configuration in settings.json\n", [
    "bad_settings",
    "provider",
    "settings.json"
  ]),
  end(
    "gemini",
    55,
    "an untrusted directory",
    'YOLO mode is enabled. All tool calls will be automatically approved.\nApproval mode overridden to "default" because the current folder is not trusted.\n\u001b[31mGemini CLI is not running in a trusted directory. To proceed, either use `--skip-trust`, set the `GEMINI_CLI_TRUST_WORKSPACE=true` environment variable, or trust this directory in interactive mode.\u001b[0m\n',
    ["not_trusted", "permission", "set GEMINI_CLI_TRUST_WORKSPACE=true"]
  ),
  end("gemini", 0, "a question to a person", "Apply this change? [y/N] \n", [
    "asks_a_person",
    "permission",
    "Apply this change?"
  ]),
  end("gemini", 126, "a long prompt", "sh: 6: gemini: Argument list too long\n", [
    "prompt_too_long",
    "runner",
    "too long"
  ]),
  end("gemini", 126, "no right to run it", "sh: 6: /opt/bin/gemini: Permission denied\n", [
    "not_executable",
    "provider",
    "Permission denied"
  ]),
  end("gemini", 127, "it is gone", "sh: 6: /opt/bin/gemini: not found\n", ["not_executable", "provider", "not found"])
]

/** Adds the names of devices to the scripts of `--completions`, which know only commands and flags. */

/** Commands whose words are devices. */
const commands = [
  "call",
  "info",
  "list",
  "get",
  "help",
  "monitor",
  "plot",
  "wait",
  "log",
  "shell",
  "tap",
  "conform",
  "contract"
]

/** Prints the names, one a line. */
const names = "katcp --completions devices 2>/dev/null"

/** Returns a script that also completes names of devices. */
export const withDevices = (shell: string, script: string): string => {
  switch (shell) {
    case "bash":
    case "sh":
      return replaced(
        script,
        "complete -F _katcp katcp",
        `_katcp_devices()
{
  _katcp "$@"
  local word="\${COMP_WORDS[COMP_CWORD]}"
  [[ \${#COMPREPLY[@]} -gt 0 || $COMP_CWORD -lt 2 || "$word" == -* ]] && return
  case "\${COMP_WORDS[1]}" in
    ${commands.join("|")}) COMPREPLY=( $(compgen -W "$(${names})" -- "$word") ) ;;
  esac
}

complete -F _katcp_devices katcp`
      )
    case "fish":
      return `${script.trimEnd()}\ncomplete -c katcp -n '__fish_seen_subcommand_from ${commands.join(" ")}' -f -a '(${names})' -d 'device'\n`
    case "zsh": {
      const own = `_katcp_device_names() {\n  compadd -- \${(f)"$(${names})"}\n}\n\n`
      const spec = new RegExp(
        `(\\n_katcp_(?:${commands.join("|")})\\(\\) \\{\\n(?:(?!\\n\\}).)*?\\n    '\\*:(?:(?!\\n).)*:)'`,
        "gs"
      )
      return replaced(script.replace(spec, "$1_katcp_device_names'"), "\n_katcp() {", `\n${own}_katcp() {`)
    }
    case "powershell":
    case "pwsh": {
      const last = `
  if (-not $endOfOptions) {
    & $addFlags $typed
  }
  return $results
}

###-end-`
      return replaced(
        script,
        last,
        `
  if ($path -cin @(${commands.map((name) => `'${name}'`).join(", ")})) {
    foreach ($device in @(katcp --completions devices 2>$null)) { & $add $device 'ParameterValue' 'device' $typed '' }
  }
${last}`
      )
    }
    default:
      return script
  }
}

const replaced = (script: string, before: string, after: string): string => {
  if (!script.includes(before)) throw new Error(`the completions have no ${JSON.stringify(before)} any more`)
  return script.replace(before, () => after)
}

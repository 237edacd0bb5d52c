import { directiveEntries } from './entries.ts'
import type { Rule } from './rule.ts'

// What would run code, change what runs, or touch the unit's life; named so that the message can say why.
const outside =
  /^(Exec(?!Paths$)|Environment|PassEnvironment|UnsetEnvironment|WorkingDirectory$|RootDirectory|RootImage|RootHash|RootVerity|RootMStack|Type$|PIDFile$|BusName$|Restart|Start|Timeout|Watchdog|KillSignal|Standard|TTY|LoadCredential|SetCredential|ImportCredential|PAMName$|OnFailure|OnSuccess|Requires|Wants|After|Before|Part|Conflicts|Condition|Assert|Alias|Sockets$|RemainAfterExit|GuessMainPID|SuccessAction|FailureAction|Mount(Images|APIVFS)|ExtensionImages|ExtensionDirectories|Log(?!sDirectory)|Syslog|Slice$|ManagedOOM|Bpf|BPFProgram|IPIngressFilterPath|IPEgressFilterPath|JoinsNamespaceOf|NetworkNamespacePath|UtmpIdentifier|SELinuxContext|AppArmorProfile|SmackProcessLabel)/

/** True for what systemd knows and no drop-in of ours may ever carry. */
export function isOutside(directive: string): boolean {
  return outside.test(directive)
}

/** A profile from a stranger's pull request must not be able to run code on a reader's machine. */
export const sandboxOnly: Rule = {
  name: 'sandbox-only',
  check: (context) =>
    directiveEntries(context)
      .filter(({ info, directive }) => !info && isOutside(directive))
      .map(({ directive, path }) => ({
        ...context.keyAt(path),
        message: `${directive} is not a sandboxing directive`,
        fix: 'remove it: a drop-in limits a service, it never changes what runs',
      })),
}

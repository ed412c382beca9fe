using System.CommandLine;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Operate.Checkpoints;

/// <summary>What can be done with the positions of a running group as a whole.</summary>
internal sealed class CheckpointVerb : Verb
{
    public CheckpointVerb()
        : base("checkpoint", "Exports, imports or resets the positions of a running group.", "actordcp checkpoint export --group orders --out offsets.json")
    {
        // what is missing is said by RunAsync
        SetAction(_ => ExitCode.WrongUsage);
        Subcommands.Add(new ExportVerb());
        Subcommands.Add(new ImportVerb());
        Subcommands.Add(new ResetVerb());
    }

    public override Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals) =>
        throw new UsageException($"an action is missing: write one of {string.Join(", ", Subcommands.Select(action => action.Name))}");
}

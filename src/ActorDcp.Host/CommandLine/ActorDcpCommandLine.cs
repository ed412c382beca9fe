using System.CommandLine;
using System.CommandLine.Help;
using ActorDcp.Host.Bench;
using ActorDcp.Host.Demo;
using ActorDcp.Host.Doctor;
using ActorDcp.Host.Drain;
using ActorDcp.Host.Operate;
using ActorDcp.Host.Operate.Checkpoints;
using ActorDcp.Host.Producer;
using ActorDcp.Host.Serve;
using ActorDcp.Hosting.Configuration;
using Microsoft.Extensions.Options;

namespace ActorDcp.Host.CommandLine;

/// <summary>The verbs of <c>actordcp</c>, and what their ends mean to the shell.</summary>
internal static class ActorDcpCommandLine
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var terminal = new Terminal(output, error);
        var root = Build();
        var parsed = root.Parse(args);
        if (parsed.Action is HelpWithExample || parsed.CommandResult.GetResult(root.Options.OfType<VersionOption>().Single()) is { Implicit: false })
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error }).ConfigureAwait(false);
        if (parsed.CommandResult.Command is not Verb verb)
            return NoVerb(root, parsed, terminal);
        if (Mistakes(parsed, verb) is { Count: > 0 } mistakes)
        {
            mistakes.ForEach(terminal.Log);
            terminal.Log($"see actordcp {verb.Name} --help");
            return ExitCode.WrongUsage;
        }
        return await RunAsync(parsed, verb, terminal).ConfigureAwait(false);
    }

    private static Command Build()
    {
        var root = new Command("actordcp", "Streams the changes of a Couchbase bucket through a cluster of handlers.");
        root.Options.Add(new HelpOption { Recursive = true });
        root.Options.Add(new VersionOption());
        root.Subcommands.Add(new DemoVerb());
        root.Subcommands.Add(new ProducerVerb());
        root.Subcommands.Add(new ServeVerb());
        root.Subcommands.Add(new DrainVerb());
        root.Subcommands.Add(new DoctorVerb());
        root.Subcommands.Add(new StatusVerb());
        root.Subcommands.Add(new TopVerb());
        root.Subcommands.Add(new HistoryVerb());
        root.Subcommands.Add(OperationVerb.Pause());
        root.Subcommands.Add(OperationVerb.Resume());
        root.Subcommands.Add(new RewindVerb());
        root.Subcommands.Add(new CheckpointVerb());
        root.Subcommands.Add(new BenchVerb());
        root.Subcommands.Add(new BenchReaderVerb());
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithExample((HelpAction)help.Action!);
        return root;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Verb verb, Terminal terminal)
    {
        using var signals = new ShutdownSignals(terminal);
        try
        {
            return await verb.RunAsync(parsed, terminal, signals).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            terminal.Log(e.Message);
            return ExitCode.WrongUsage;
        }
        catch (OptionsValidationException e)
        {
            foreach (var failure in e.Failures)
                terminal.Log(failure);
            return ExitCode.WrongUsage;
        }
        catch (FailureException e)
        {
            terminal.Log(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    private static int NoVerb(Command root, ParseResult parsed, Terminal terminal)
    {
        var verbs = root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name).ToList();
        if (parsed.UnmatchedTokens.Count == 0)
            terminal.Log($"a verb is missing: write one of {string.Join(", ", verbs)}");
        else
            terminal.Log($"\"{parsed.UnmatchedTokens[0]}\" is not a verb: {Nearest(parsed.UnmatchedTokens[0], verbs) ?? "write one of " + string.Join(", ", verbs)}");
        terminal.Log("see actordcp --help");
        return ExitCode.WrongUsage;
    }

    private static List<string> Mistakes(ParseResult parsed, Verb verb)
    {
        // unknown words are told below, with what was probably meant
        var mistakes = parsed.Errors
            .Select(error => error.Message)
            .Where(message => !parsed.UnmatchedTokens.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal)))
            .ToList();
        var known = verb.Options.Select(option => option.Name).Concat(verb.Subcommands.Select(action => action.Name)).ToList();
        var previous = "";
        foreach (var token in parsed.UnmatchedTokens)
        {
            var isValueOfUnknown = !token.StartsWith('-') && previous.StartsWith('-');
            if (!verb.Accepts(token) && !isValueOfUnknown)
                mistakes.Add($"\"{token}\" is not an {(verb.Subcommands.Count > 0 && !token.StartsWith('-') ? "action" : "option")} of {verb.Name}: {Nearest(token, known) ?? "remove it"}");
            previous = token;
        }
        return mistakes;
    }

    private static string? Nearest(string word, IReadOnlyCollection<string> known)
    {
        var nearest = known.MinBy(name => EditDistance.Between(name, word));
        return nearest is not null && EditDistance.Between(nearest, word) <= Math.Max(2, word.Length / 3) ? $"did you mean {nearest}?" : null;
    }
}

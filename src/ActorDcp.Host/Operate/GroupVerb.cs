using System.CommandLine;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Configuration;

namespace ActorDcp.Host.Operate;

/// <summary>A verb that asks a running group, as a whole, through any of its members.</summary>
internal abstract class GroupVerb : Verb
{
    private readonly Option<string?> _url = OptionOf.Text("--url", "a member's HTTP address", "http://127.0.0.1:8080");
    private readonly Option<string?> _token = OptionOf.Text("--token", "token of the HTTP calls; better in ACTORDCP_TOKEN");
    private readonly Option<string?> _tokenFile = OptionOf.Text("--token-file", "file whose first line is the token");
    private readonly Option<string?> _group = OptionOf.Text("--group", "the group; needed only where a member takes part in several");

    protected GroupVerb(string name, string description, string example)
        : base(name, description, example)
    {
        foreach (var option in new Option[] { _url, _token, _tokenFile, _group })
            Options.Add(option);
    }

    public sealed override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        if (await TryWithoutMemberAsync(arguments, arguments.GetValue(_group), terminal, signals.Stopping).ConfigureAwait(false))
            return ExitCode.Done;
        var text = arguments.GetValue(_url)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"--url \"{text}\" is not an address: write http://HOST:PORT");
        Check(arguments);
        using var member = new MemberClient(url, Secrets.Read(arguments, _token, _tokenFile, OptionsBinder.TokenVariable));
        var group = await member.GroupAsync(arguments.GetValue(_group), signals.Stopping).ConfigureAwait(false);
        await RunAsync(member, new MemberQuestion(arguments, group, $"/api/v1/groups/{Uri.EscapeDataString(group)}"), terminal, signals.Stopping).ConfigureAwait(false);
        return ExitCode.Done;
    }

    /// <exception cref="UsageException">Options do not go together.</exception>
    protected virtual void Check(ParseResult arguments)
    {
    }

    /// <summary>What can be done while no member runs.</summary>
    /// <returns>False when a member is to be asked.</returns>
    /// <exception cref="UsageException">Options do not go together.</exception>
    /// <exception cref="FailureException">It could not be done.</exception>
    protected virtual Task<bool> TryWithoutMemberAsync(ParseResult arguments, string? group, Terminal terminal, CancellationToken stopping) =>
        Task.FromResult(false);

    protected abstract Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping);
}

using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Host.Operate.Checkpoints;

/// <summary>Sends positions to a group, all or none.</summary>
internal abstract class SettingVerb : GroupVerb
{
    private readonly Option<bool> _dryRun = OptionOf.Flag("--dry-run", "only say what would be delivered again");
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print the answer as JSON");

    protected SettingVerb(string name, string description, string example)
        : base(name, description, example)
    {
        Options.Add(_dryRun);
        Options.Add(_json);
    }

    /// <summary>Whether only to say what would be done.</summary>
    protected bool IsDryRun(ParseResult arguments) => arguments.GetValue(_dryRun);

    protected abstract Task<OffsetsDocument> OffsetsAsync(MemberClient member, MemberQuestion question, CancellationToken stopping);

    protected sealed override async Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping)
    {
        var document = await OffsetsAsync(member, question, stopping).ConfigureAwait(false);
        using var body = JsonContent.Create(document, OffsetsJson.Default.OffsetsDocument);
        var dryRun = IsDryRun(question.Arguments);
        var answer = await member.PutAsync(
            $"{question.Path}/offsets{(dryRun ? "?dry_run=true" : "")}", body, ApiJson.Default.OperationAccepted, stopping).ConfigureAwait(false);
        terminal.Fact(question.Arguments.GetValue(_json)
            ? JsonSerializer.Serialize(answer, ApiJson.Default.OperationAccepted)
            : OperationVerb.Words(answer with { Operation = Name }));
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Operate;

/// <summary>Shows what happened to a vbucket: owners, streams, rollbacks and why, pauses, rewinds.</summary>
internal sealed class HistoryVerb() : MemberVerb(
    "history", "Shows the last facts of a vbucket's life: owners, streams, rollbacks, pauses.", "actordcp history --group orders --vbucket 12")
{
    protected override void Check(ParseResult arguments)
    {
        if (arguments.GetValue(VBucket) is null)
            throw new UsageException("--vbucket is missing: write the number of the vbucket whose history to show");
    }

    protected override async Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{question.Path}/vbuckets/{question.Arguments.GetValue(VBucket)}/history");
        var history = await member.GetAsync(path, ApiJson.Default.VBucketHistory, stopping).ConfigureAwait(false);
        if (question.Arguments.GetValue(Json))
            terminal.Fact(JsonSerializer.Serialize(history, ApiJson.Default.VBucketHistory));
        else
            foreach (var fact in history.Facts)
                terminal.Fact(string.Create(CultureInfo.InvariantCulture, $"{fact.At:u}  epoch {fact.Epoch}  {fact.Fact}: {fact.Text}"));
    }
}

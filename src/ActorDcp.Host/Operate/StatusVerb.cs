using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Operate;

/// <summary>Shows a running group, asked of any of its members.</summary>
internal sealed class StatusVerb() : MemberVerb(
    "status", "Shows members, data nodes and vbuckets of a running group.", "actordcp status --url http://127.0.0.1:8080 --group orders")
{
    protected override async Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping)
    {
        var status = await member.GetAsync($"{question.Path}/status", ApiJson.Default.GroupStatus, stopping).ConfigureAwait(false);
        if (question.Arguments.GetValue(VBucket) is { } vbucket)
        {
            status = status with { VBuckets = [.. status.VBuckets.Where(row => row.Vb == vbucket)] };
            if (status.VBuckets.Count == 0)
                throw new FailureException($"group \"{question.Group}\" has no vbucket {vbucket}: see actordcp status without --vbucket");
        }
        if (question.Arguments.GetValue(Json))
            terminal.Fact(JsonSerializer.Serialize(status, ApiJson.Default.GroupStatus));
        else
            StatusTables.Write(status, terminal.Output);
    }
}

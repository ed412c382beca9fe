using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Host.Operate.Checkpoints;

/// <summary>Has every vbucket of a paused group begin anew.</summary>
internal sealed class ResetVerb() : SettingVerb(
    "reset", "Has every vbucket of a paused group begin anew, before the first change.", "actordcp checkpoint reset --group orders --dry-run")
{
    protected override async Task<OffsetsDocument> OffsetsAsync(MemberClient member, MemberQuestion question, CancellationToken stopping)
    {
        var document = await member.GetAsync($"{question.Path}/offsets", OffsetsJson.Default.OffsetsDocument, stopping).ConfigureAwait(false);
        var offsets = OffsetsFile.FromDocument("the answer", document);
        return (offsets with { Offsets = offsets.Offsets.Keys.ToDictionary(vbucket => vbucket, _ => StreamOffset.Beginning) }).ToDocument();
    }
}

using System.Globalization;
using System.Text.Json;
using ActorDcp.Hosting.Offsets;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Hosting.Http;

/// <summary>The calls under <c>/api/v1/groups</c>.</summary>
internal sealed class GroupCalls(IGroupDirectory directory)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public Task ListAsync(HttpContext context) =>
        ApiAnswers.WriteAsync(context, StatusCodes.Status200OK, new GroupNamesAnswer(directory.Groups), ApiJson.Default.GroupNamesAnswer);

    public Task StatusAsync(HttpContext context) => WithGroupAsync(context, async (group, cancellation) =>
    {
        var status = await group.GetStatusAsync(cancellation).ConfigureAwait(false);
        await ApiAnswers.WriteAsync(context, StatusCodes.Status200OK, status, ApiJson.Default.GroupStatus).ConfigureAwait(false);
    });

    public Task HistoryAsync(HttpContext context) => WithGroupAsync(context, async (group, cancellation) =>
    {
        if (!TryReadVBucket(context, out var vbucket) || vbucket is null)
        {
            await NoVBucketAsync(context).ConfigureAwait(false);
            return;
        }
        var history = await group.GetHistoryAsync(vbucket.Value, cancellation).ConfigureAwait(false);
        if (history is null)
            await NoVBucketAsync(context).ConfigureAwait(false);
        else
            await ApiAnswers.WriteAsync(context, StatusCodes.Status200OK, history, ApiJson.Default.VBucketHistory).ConfigureAwait(false);
    });

    public Task PauseAsync(HttpContext context) =>
        OperateAsync(context, "pause", (group, vbucket, cancellation) => group.PauseAsync(vbucket, cancellation));

    public Task ResumeAsync(HttpContext context) =>
        OperateAsync(context, "resume", (group, vbucket, cancellation) => group.ResumeAsync(vbucket, cancellation));

    public async Task RewindAsync(HttpContext context)
    {
        var request = await context.Request.ReadFromJsonAsync(ApiJson.Default.RewindRequest, context.RequestAborted).ConfigureAwait(false);
        RewindTarget? target = request switch
        {
            { To: "beginning" } => new RewindTarget.Beginning(),
            { To: "now" } => new RewindTarget.Now(),
            { To: "seqno", Seqno: { } seqno } => new RewindTarget.At(new Seqno(seqno)),
            _ => null,
        };
        if (target is null)
        {
            await ApiAnswers.ErrorAsync(context, StatusCodes.Status400BadRequest, "the body does not say where to rewind to",
                "send {\"to\":\"beginning\"}, {\"to\":\"now\"} or {\"to\":\"seqno\",\"seqno\":N}").ConfigureAwait(false);
            return;
        }
        await OperateAsync(context, "rewind",
            (group, vbucket, cancellation) => group.RewindAsync(vbucket, target, request!.DryRun, cancellation), request!.DryRun).ConfigureAwait(false);
    }

    public Task ExportAsync(HttpContext context) => WithGroupAsync(context, async (group, cancellation) =>
    {
        var offsets = await group.ExportOffsetsAsync(cancellation).ConfigureAwait(false);
        await ApiAnswers.WriteAsync(context, StatusCodes.Status200OK, offsets.ToDocument(), OffsetsJson.Default.OffsetsDocument).ConfigureAwait(false);
    });

    public async Task ImportAsync(HttpContext context)
    {
        OffsetsFile offsets;
        try
        {
            offsets = OffsetsFile.FromDocument("the body", await context.Request
                .ReadFromJsonAsync(OffsetsJson.Default.OffsetsDocument, context.RequestAborted).ConfigureAwait(false));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            await ApiAnswers.ErrorAsync(context, StatusCodes.Status400BadRequest, e.Message, "send what GET of the same address answered").ConfigureAwait(false);
            return;
        }
        var dryRun = context.Request.Query["dry_run"] == "true";
        await OperateAsync(context, "import", (group, _, cancellation) => group.ImportOffsetsAsync(offsets, dryRun, cancellation), dryRun).ConfigureAwait(false);
    }

    private Task OperateAsync(
        HttpContext context, string operation, Func<IGroupStatusSource, VBucketId?, CancellationToken, Task<OperationResult>> operate, bool dryRun = false) =>
        WithGroupAsync(context, async (group, cancellation) =>
        {
            if (!TryReadVBucket(context, out var vbucket))
            {
                await NoVBucketAsync(context).ConfigureAwait(false);
                return;
            }
            var result = await operate(group, vbucket, cancellation).ConfigureAwait(false);
            await (result switch
            {
                OperationResult.Accepted accepted => ApiAnswers.WriteAsync(context, StatusCodes.Status202Accepted,
                    new OperationAccepted(operation, accepted.VBuckets, accepted.Redelivered, dryRun), ApiJson.Default.OperationAccepted),
                OperationResult.NotFound refused => ApiAnswers.ErrorAsync(context, StatusCodes.Status404NotFound, refused.Why, refused.Mend),
                OperationResult.Conflict refused => ApiAnswers.ErrorAsync(context, StatusCodes.Status409Conflict, refused.Why, refused.Mend),
                OperationResult.Unavailable refused => ApiAnswers.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, refused.Why, refused.Mend),
                _ => throw new InvalidOperationException($"no answer for {result}"),
            }).ConfigureAwait(false);
        });

    private async Task WithGroupAsync(HttpContext context, Func<IGroupStatusSource, CancellationToken, Task> call)
    {
        var name = (string?)context.Request.RouteValues["group"] ?? "";
        if (directory.Find(name) is not { } group)
        {
            await ApiAnswers.ErrorAsync(context, StatusCodes.Status404NotFound, $"this member has no part in a group \"{name}\"", "see /api/v1/groups").ConfigureAwait(false);
            return;
        }
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(Deadline);
        await call(group, deadline.Token).ConfigureAwait(false);
    }

    /// <summary>False when the route names something that is no vbucket number; null when it names none.</summary>
    private static bool TryReadVBucket(HttpContext context, out VBucketId? vbucket)
    {
        vbucket = null;
        if (context.Request.RouteValues["vbucket"] is not string text)
            return true;
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        vbucket = new VBucketId(number);
        return true;
    }

    private static Task NoVBucketAsync(HttpContext context) =>
        ApiAnswers.ErrorAsync(context, StatusCodes.Status404NotFound, $"the bucket has no vbucket \"{context.Request.RouteValues["vbucket"]}\"", "see the group's status for its vbuckets");
}

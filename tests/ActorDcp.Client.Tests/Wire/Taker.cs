namespace ActorDcp.Client.Tests;

/// <summary>Takes what a stream brings, by its callback.</summary>
internal static class Taker
{
    internal static readonly OwnershipEpoch Epoch = new(7);

    /// <summary>Hands each batch to <paramref name="visit"/> and releases it, until the stream has ended.</summary>
    internal static async Task<StreamEnding> DrainAsync(this DcpStream stream, Action<DcpBatch> visit)
    {
        while (true)
        {
            await stream.AvailableAsync();
            while (stream.TryTake(Epoch, out var batch))
            {
                visit(batch);
                batch.Release();
            }
            if (stream.Ending is { } ending)
                return ending;
        }
    }

    /// <summary>Takes until so many events came, and releases them.</summary>
    internal static async Task TakeEventsAsync(this DcpStream stream, int count, Action<DcpEvent>? visit = null)
    {
        while (count > 0)
        {
            await stream.AvailableAsync();
            while (stream.TryTake(Epoch, out var batch))
            {
                foreach (var change in batch)
                    visit?.Invoke(change);
                count -= batch.Count;
                batch.Release();
            }
            if (count > 0 && stream.Ending is { } ending)
                throw new InvalidOperationException($"{count} events are missing; the stream ended with {ending}");
        }
    }

    internal static Task AvailableAsync(this DcpStream stream)
    {
        var available = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stream.WhenAvailable(() => available.TrySetResult());
        return available.Task.InTimeAsync();
    }
}

using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>What clients do.</summary>
internal sealed partial class ClusterHistory
{
    private const int Keys = 12;
    private const ushort Patience = 10_000;
    private const ushort Impatience = 60;
    private readonly List<uint> _collections = [0];

    private async Task WriteAsync()
    {
        for (var left = _random.Next(1, 6); left > 0; left--)
            await DoAsync(Draw(AnyHistory()));
    }

    private Operation Draw(VBucketHistory history)
    {
        var collection = _collections[_random.Next(_collections.Count)];
        var name = $"k{_random.Next(Keys)}";
        var durable = _random.Next(8) == 0 && !_options.Ephemeral ? (byte)_random.Next(1, 4) : (byte)0;
        var kind = _random.Next(100);
        var opcode = kind switch { < 62 => Opcode.Set, < 86 => Opcode.Delete, < 92 => Opcode.Touch, _ => Opcode.Get };
        if (opcode is Opcode.Touch or Opcode.Get)
            durable = 0;
        return new Operation(opcode, history.Id, collection, name)
        {
            Value = opcode == Opcode.Set ? $"v{_step}.{++_values}" : null,
            Expiry = opcode == Opcode.Touch || (opcode == Opcode.Set && _random.Next(6) == 0) ? (uint)_random.Next(1, 60) : 0,
            Level = durable,
            Timeout = IsMajoritySure(history.Id) ? Patience : Impatience,
        };
    }

    /// <summary>Whether a durable write has nothing to wait for.</summary>
    private bool IsMajoritySure(VBucketId vbucket) =>
        Producer.NodesOf(vbucket).All(node => node is { IsRunning: true } && !node.Faults.Report.IsStalled);

    /// <summary>One request and its answer, which must be what the model says.</summary>
    private async Task DoAsync(Operation operation)
    {
        var history = _histories[operation.VBucket.Value];
        _doing = operation.ToString();
        if (Producer.ActiveNodeOf(operation.VBucket) is not { IsRunning: true } node)
            return;
        Refresh(history);
        var live = history.Live(operation.Key) is { } found && !found.IsDue(Now) ? found : null;
        var writes = operation.Opcode != Opcode.Get;
        var (key, value) = (operation.Key, operation.Opcode == Opcode.Touch ? live?.Value : operation.Value);
        var wasUnanswered = history.IsUnanswered(key);
        if (writes)
            history.Send(key, value);
        if (await _writer.TryAskAsync(node, operation) is not { } answer)
            return;
        switch (answer.Status)
        {
            case Status.Success when !writes:
                CheckRead(history, operation, answer.ValueText, live);
                break;
            case Status.Success:
                await AcceptAsync(history, operation, answer, live);
                break;
            case Status.KeyNotFound:
                CheckRead(history, operation, null, live);
                Settle();
                break;
            case Status.SyncWriteAmbiguous or Status.DurabilityImpossible when operation.Level > 0:
            case Status.SyncWriteInProgress or Status.SyncWriteReCommitInProgress when IsInDoubt(history) || wasUnanswered:
            case Status.NotMyVBucket or Status.TemporaryFailure when _isMoving:
                if (answer.Status != Status.SyncWriteAmbiguous)
                    Settle();
                break;
            default:
                throw new HistoryException($"{operation} is answered {answer.Status} by {node}");
        }

        // what only reads settles nothing: a removal that was sent before may still come
        void Settle()
        {
            if (writes)
                history.Settle(key, value);
        }
    }

    /// <summary>What is there is what was before the request, or is now: writes that nobody waits for may have come between.</summary>
    private void CheckRead(VBucketHistory history, Operation operation, string? found, Change? before)
    {
        if (found == before?.Value)
            return;
        Refresh(history);
        var now = history.Live(operation.Key);
        if (found != (now?.IsDue(Now) == true ? null : now?.Value) && !IsInDoubt(history))
            throw new HistoryException($"{operation} finds '{found}' instead of {now}");
    }

    private bool IsInDoubt(VBucketHistory history) => ActiveOf(history.Id) is not { HasPendingSyncWrites: false };

    private async Task AcceptAsync(VBucketHistory history, Operation operation, RawFrame answer, Change? live)
    {
        // between the old active copy and the new one there is none
        await UntilAsync(() => Refresh(history), "an active copy");
        if (operation.Opcode == Opcode.Touch)
        {
            // its answer does not say where the change stands
            history.Settle(operation.Key, live?.Value);
            return;
        }
        var (uuid, seqno) = HistoryWriter.PlaceOf(answer);
        if (uuid != history.Current.Uuid)
            throw new HistoryException($"{operation} stands on branch {uuid:x} instead of {history.Current.Uuid:x}");
        var stands = history.Current.Find(seqno);
        var kind = operation.Opcode == Opcode.Delete ? ChangeKind.Removed : ChangeKind.Stored;
        var value = operation.Value;
        if (stands is null || (stands.Kind, stands.Key, stands.Value) != (kind, operation.Key, value))
            throw new HistoryException($"{operation} is answered seqno {seqno}, where {stands?.ToString() ?? "nothing"} is");
        history.Settle(operation.Key, value);
        if (operation.Level > 0)
            history.Promises[operation.Key] = new DurablePromise(operation.Level, seqno, value);
        if (operation.Level > 0)
            Note($"durable {operation} at {seqno}");
    }

    /// <summary>Requests whose answers nobody waits for: the connection is gone before they come.</summary>
    private async Task WriteUnansweredAsync()
    {
        var history = AnyHistory();
        if (Producer.ActiveNodeOf(history.Id) is not { IsRunning: true } node)
            return;
        await SendSomeAsync(history, node);
        await _writer.ForgetAsync(node);
    }

    private async Task SendSomeAsync(VBucketHistory history, ProducerNode node)
    {
        for (var left = _random.Next(1, 8); left > 0; left--)
        {
            var operation = Draw(history);
            if (operation.Opcode is not (Opcode.Set or Opcode.Delete))
                continue;
            history.Send(operation.Key, operation.Value);
            await _writer.SendAsync(node, operation);
        }
    }

    private async Task ReadAsync()
    {
        var reader = _readers[_random.Next(_readers.Count)];
        var copies = Producer.NodesOf(reader.History.Id);
        var node = reader.Place < copies.Count ? copies[reader.Place] : copies[0];
        if (node is not { IsRunning: true } || (reader.Node ?? node).Faults.Report.IsStalled || node.Bucket.TryFind(reader.History.Id) is not { } copy)
            return;
        _doing = reader.ToString();
        var visible = copy.MaxVisibleSeqno;
        var target = _random.Next(3) == 0 ? visible : (ulong)_random.NextInt64((long)Math.Min(reader.Position, visible), (long)visible + 1);
        await reader.ReadAsync(node, target);
    }

    private async Task DisconnectAsync()
    {
        var reader = _readers[_random.Next(_readers.Count)];
        await reader.DisconnectAsync();
        if (_random.Next(4) == 0)
            reader.Place = _random.Next(1 + _options.Replicas);
    }
}

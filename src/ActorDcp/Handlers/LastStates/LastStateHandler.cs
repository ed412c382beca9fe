using System.Text;
using System.Text.Unicode;

namespace ActorDcp.Handlers.LastStates;

/// <summary>
/// A sample: keeps the last state of every document of its vbucket and undoes what a rollback takes back. In memory, and in a
/// file too if it gets one; the file belongs to one machine, so it fits groups whose vbuckets do not move.
/// </summary>
public sealed class LastStateHandler : IDcpHandler, IDisposable
{
    private readonly Lock _lock = new();
    private readonly LastStateTable _table;
    private readonly LastStateLog? _log;

    /// <summary>Makes the handler of one vbucket.</summary>
    /// <param name="path">File to keep the states in; <c>{vb}</c> in it stands for the vbucket and must be there. Null for none.</param>
    /// <param name="vbucket">The vbucket.</param>
    /// <param name="undoLimit">Changes that can be undone.</param>
    public LastStateHandler(VBucketId vbucket, string? path = null, int undoLimit = LastStateTable.DefaultUndoLimit)
    {
        _table = new LastStateTable(undoLimit);
        if (path is null)
            return;
        if (!path.Contains("{vb}", StringComparison.Ordinal))
            throw new ArgumentException($"'{path}' would be written by every vbucket; put {{vb}} into it", nameof(path));
        _log = LastStateLog.Open(path.Replace("{vb}", vbucket.ToString(), StringComparison.Ordinal), _table);
    }

    /// <summary>A copy of all states, removed documents included. From any thread.</summary>
    public IReadOnlyDictionary<DocumentKey, LastState> Snapshot()
    {
        lock (_lock)
            return new Dictionary<DocumentKey, LastState>(_table.States);
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        lock (_lock)
        {
            foreach (var change in batch)
                Apply(change);
            _log?.Flush();
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(rollback);
        lock (_lock)
        {
            _table.GoBackTo(rollback.To);
            _log?.Add(new LastStateLog.Line(rollback.To.Value, Back: true));
            _log?.Flush();
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _log?.Dispose();

    private void Apply(in DcpEvent change)
    {
        if (change.IsMutation || change.IsRemoval)
        {
            var key = new DocumentKey(change.CollectionId, TextOf(change.Key.Span));
            // copied: the batch's memory is not ours to keep
            var body = change.IsMutation ? change.ReadBody().ToArray() : [];
            if (_table.Apply(key, new LastState(change.Seqno, change.Cas, change.IsRemoval, body)))
            {
                _log?.Add(new LastStateLog.Line(
                    change.Seqno.Value, new LastStateLog.Document(key.CollectionId, key.Key, change.Cas, change.IsRemoval, body)));
            }
        }
        else if (change.CollectionEvent is { CollectionId: { } collection, Kind: CollectionEventKind.CollectionBegin or CollectionEventKind.CollectionEnd })
        {
            // a collection that begins again was flushed
            _table.RemoveCollection(collection, change.Seqno);
            _log?.Add(new LastStateLog.Line(change.Seqno.Value, Collection: collection));
        }
    }

    private static string TextOf(ReadOnlySpan<byte> key) =>
        Utf8.IsValid(key) ? Encoding.UTF8.GetString(key) : "base64:" + Convert.ToBase64String(key);
}

using System.Globalization;
using System.Text;

namespace ActorDcp.Fuzz.Model;

/// <summary>
/// A handler's durable store: each version of each key that it was given. Told of a rollback it undoes what lies above, as a
/// handler can that keeps versions.
/// </summary>
internal sealed class ModelSink
{
    private readonly Dictionary<int, SortedDictionary<ulong, string?>> _versions = [];

    internal bool IsEmpty => _versions.Values.All(versions => versions.Count == 0);

    internal void Handle(in DcpEvent change)
    {
        if (!change.IsMutation && !change.IsRemoval)
            return;
        var key = int.Parse(change.Key.Span, CultureInfo.InvariantCulture);
        if (!_versions.TryGetValue(key, out var versions))
            _versions[key] = versions = [];
        versions[change.Seqno.Value] = change.IsMutation ? Encoding.ASCII.GetString(change.Value.Span) : null;
    }

    internal void GoBackTo(ulong seqno)
    {
        foreach (var versions in _versions.Values)
            foreach (var above in versions.Keys.Where(version => version > seqno).ToList())
                versions.Remove(above);
    }

    /// <summary>The documents as of a seqno.</summary>
    internal Dictionary<int, string> Documents(ulong asOf)
    {
        var documents = new Dictionary<int, string>();
        foreach (var (key, versions) in _versions)
        {
            string? latest = null;
            foreach (var (seqno, value) in versions)
                if (seqno <= asOf)
                    latest = value;
            if (latest is not null)
                documents[key] = latest;
        }
        return documents;
    }
}

using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>The bucket that captures collections-filters-cached and collections-filters-memory were recorded from: vbucket 0, 28 changes.</summary>
internal static class RecordedBucket
{
    private const string Manifest = """
        {"uid":"7","scopes":[
          {"name":"_default","uid":"0","collections":[{"name":"_default","uid":"0"},{"name":"fruit","uid":"8"}]},
          {"name":"shop","uid":"8","collections":[{"name":"items","uid":"9"},{"name":"orders","uid":"a"}]},
          {"name":"other","uid":"9","collections":[{"name":"x","uid":"b"}]}]}
        """;

    public static readonly VBucketId Zero = new(0);

    public static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.Replace(ReadManifest(Manifest));
        foreach (var collection in (uint[])[0, 8, 9, 10, 11])
            foreach (var key in (string[])["doc2", "doc5", "doc10"])
                Write(producer, collection, key);
        foreach (var collection in (uint[])[8, 9, 10])
            Write(producer, collection, "doc19");
        Write(producer, 11, "doc23");
        Write(producer, 11, "doc24");
        producer.Bucket.Delete(9, Zero, "doc5");
        Write(producer, 0, "doc32");
        Assert.Equal(28UL, producer.Bucket.HighSeqno(Zero).Value);
        return producer;
    }

    public static BucketManifest ReadManifest(string json)
    {
        using var document = JsonDocument.Parse(json);
        return ManifestJson.Read(document.RootElement);
    }

    public static MutationResult Write(EmbeddedProducer producer, uint collection, string key, VBucketId vbucket = default) =>
        producer.Bucket.Set(collection, vbucket, key, Encoding.UTF8.GetBytes($"{{\"cid\":{collection}}}"), 0, 0);
}

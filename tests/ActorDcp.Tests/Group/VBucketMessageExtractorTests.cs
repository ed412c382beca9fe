using ActorDcp.Group;
using ActorDcp.VBuckets;

namespace ActorDcp.Tests.Group;

public sealed class VBucketMessageExtractorTests
{
    private readonly VBucketMessageExtractor _extractor = new(shards: 128, vbuckets: 1_024);

    [Theory]
    [InlineData(0, "0", "0")]
    [InlineData(127, "127", "127")]
    [InlineData(1_023, "1023", "127")]
    public void A_message_goes_to_its_vbucket_in_the_shard_of_the_remainder(ushort vbucket, string entity, string shard)
    {
        var message = new VBucketMessages.EnsureRunning(new VBucketId(vbucket));

        Assert.Equal(entity, _extractor.EntityId(message));
        Assert.Equal(shard, _extractor.ShardId(message));
        Assert.Equal(shard, _extractor.ShardId(entity));
        Assert.Same(message, _extractor.EntityMessage(message));
    }

    [Fact]
    public void A_vbucket_that_the_bucket_does_not_have_is_routed_nowhere()
    {
        var message = new VBucketMessages.GetHistory(new VBucketId(1_024));

        Assert.Null(_extractor.EntityId(message));
        Assert.Null(_extractor.ShardId(message));
    }

    [Fact]
    public void What_names_no_vbucket_is_routed_nowhere()
    {
        Assert.Null(_extractor.EntityId("hello"));
        Assert.Null(_extractor.ShardId(VBucketMessages.Drain.Instance));
    }
}
